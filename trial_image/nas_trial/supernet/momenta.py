"""Momenta of weights of which a step computes only some."""

from __future__ import annotations

import torch


def start_momenta(optimizer: torch.optim.Optimizer) -> None:
    """Give each weight of SGD with momentum a momentum of 0, which is where it would begin.

    PyTorch's fused step cannot do with weights of which some have a momentum and others, computed for the first time,
    none yet. A weight that a step does not compute keeps its momentum as it is.
    """
    for group in optimizer.param_groups:
        if group.get("momentum"):
            for weight in group["params"]:
                optimizer.state[weight]["momentum_buffer"] = torch.zeros_like(weight)
