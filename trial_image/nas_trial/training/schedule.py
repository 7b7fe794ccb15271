"""The optimiser, and its learning rate from step to step."""

from __future__ import annotations

import math
from collections.abc import Set
from typing import Any, Literal

import torch
from torch import nn

from nas_core.api.evaluation import Evaluation
from nas_trial.process.torch_startup import lean

Schedule = Literal["cosine", "constant", "step", "one-cycle"]
DECAYED = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.RNNBase)
"""Layers whose weights decay; their biases do not, nor do normalisations, embeddings and other vectors."""
ONE_CYCLE_RISE, ONE_CYCLE_FIRST, ONE_CYCLE_LAST = 0.3, 1 / 25, 1 / 25e4
"""Share of the steps in which the rate rises; what it begins with and ends with, as shares of the peak: PyTorch's."""


def make_optimizer(
    network: nn.Module, evaluation: Evaluation, decayed: Set[nn.Parameter] | None = None
) -> torch.optim.Optimizer:
    """Return the optimiser that the search asks for: fused, one kernel for all weights, which small networks feel.

    Every field of ``evaluation.optimizer`` is set (`nas_trial.training.defaults`). ``decayed`` are the parameters that
    weight decay is for; None: those of the layers that have it.
    """
    spec = evaluation.optimizer
    assert spec.learning_rate is not None and spec.weight_decay is not None
    rate, groups = float(spec.learning_rate), decay_groups(network, float(spec.weight_decay), decayed)
    if spec.name == "adamw":
        return lean(torch.optim.AdamW)(groups, lr=rate, fused=True)
    momentum = float(spec.momentum)
    return lean(torch.optim.SGD)(groups, lr=rate, momentum=momentum, nesterov=momentum > 0, fused=True)


def decay_groups(network: nn.Module, decay: float, decayed: Set[nn.Parameter] | None = None) -> list[dict[str, Any]]:
    """Return the parameters as an optimiser takes them: those that decay, then the others, which only lose by it.

    A scale or a shift pulled towards 0 makes nothing simpler (Goyal et al. 2017, arXiv:1706.02677, section 5.3; He et
    al. 2019, arXiv:1812.01187, section 3.1), and a word that is rare would fade between the batches that it is in.
    """
    if decayed is None:
        decayed = {
            parameter
            for layer in network.modules()
            if isinstance(layer, DECAYED)
            for parameter in layer.parameters(recurse=False)
            if parameter.ndim > 1  # not the bias
        }
    parameters = [parameter for parameter in network.parameters() if parameter.requires_grad]
    groups = [
        {"params": [parameter for parameter in parameters if parameter in decayed], "weight_decay": decay},
        {"params": [parameter for parameter in parameters if parameter not in decayed], "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]


def rate_factor(step: int, steps: int, warmup: int = 0, schedule: Schedule = "cosine") -> float:
    """Return the factor of the learning rate at a step, counted from 0, of ``steps``.

    It rises in a line over the first ``warmup`` steps (Goyal et al. 2017, arXiv:1706.02677). Then it follows a cosine
    from 1 down to 0 (Loshchilov & Hutter 2017, arXiv:1608.03983), or stays (constant), or is a tenth from the middle of
    all steps on and a hundredth in the last quarter (step). one-cycle has a rise of its own (Smith & Topin 2018,
    arXiv:1708.07120). The formulas are those of PyTorch's schedulers; one-cycle leaves the momentum alone.
    """
    if schedule == "one-cycle":
        return _one_cycle(step, steps)
    if step < warmup:
        return (step + 1) / warmup  # never 0: the first step learns too
    if schedule == "constant":
        return 1.0
    if schedule == "step":
        return 1.0 if step < steps / 2 else 0.1 if step < steps * 3 / 4 else 0.01
    return _cosine(1.0, 0.0, (step - warmup) / (steps - warmup))


def _one_cycle(step: int, steps: int) -> float:
    peak = ONE_CYCLE_RISE * steps - 1  # the step of the highest rate
    if step < peak:
        return _cosine(ONE_CYCLE_FIRST, 1.0, step / peak)
    return _cosine(1.0, ONE_CYCLE_LAST, (step - peak) / (steps - 1 - peak))


def _cosine(first: float, last: float, share: float) -> float:
    """Go from one value to another along half a cosine."""
    return last + (first - last) * 0.5 * (1 + math.cos(math.pi * share))
