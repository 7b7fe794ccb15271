"""The optimiser, and its learning rate from step to step."""

from __future__ import annotations

import math

import torch
from torch import nn

from nas_core.api.evaluation import Evaluation
from nas_trial.process.torch_startup import lean


def make_optimizer(network: nn.Module, evaluation: Evaluation) -> torch.optim.Optimizer:
    """Return the optimiser that the search asks for: fused, one kernel for all weights, which small networks feel.

    Every field of ``evaluation.optimizer`` is set (`nas_trial.training.defaults`).
    """
    spec = evaluation.optimizer
    assert spec.learning_rate is not None and spec.weight_decay is not None
    rate, decay = float(spec.learning_rate), float(spec.weight_decay)
    weights = network.parameters()  # all in one group: decay is on normalisations and biases too
    if spec.name == "adamw":
        return lean(torch.optim.AdamW)(weights, lr=rate, weight_decay=decay, fused=True)
    momentum = float(spec.momentum)
    return lean(torch.optim.SGD)(
        weights, lr=rate, weight_decay=decay, momentum=momentum, nesterov=momentum > 0, fused=True
    )


def rate_factor(step: int, steps: int, warmup: int = 0) -> float:
    """Return the factor of the learning rate at a step of ``steps``.

    It rises in a line over the first ``warmup`` steps (Goyal et al. 2017, arXiv:1706.02677), then follows a cosine
    from 1 down to 0 (Loshchilov & Hutter 2017, arXiv:1608.03983).
    """
    if step < warmup:
        return (step + 1) / warmup  # never 0: the first step learns too
    return 0.5 * (1 + math.cos(math.pi * (step - warmup) / (steps - warmup)))
