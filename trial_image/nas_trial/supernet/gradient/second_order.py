"""DARTS's second-order gradient: that of the validation loss after one step of the weights, in the architecture.

With weights w, parameters a, training loss T, validation loss V, and w' = w - r dT/dw, it is dV/da (at w') minus
r d²T/(da dw) · dV/dw' (Liu et al. 2019, arXiv:1806.09055, equation 7). The second term needs no matrix: it is the
difference of dT/da at w + e v and at w - e v, with v = dV/dw', divided by 2 e (equation 8; e = 0.01 / |v|). Here V is
the loss on the architecture's own examples. The step is that of SGD with momentum and weight decay, as in the paper's
code; where the search's optimiser is another one, the step without momentum stands for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

Gradients = Callable[[Sequence[Tensor]], list[Tensor]]
"""Returns a loss's gradients, at the values that all tensors now have, in the given ones; zeros where it has none."""

REACH = 0.01
"""Length of the way to either side."""


@dataclass(frozen=True)
class WeightStep:
    """The step of the weights that is looked ahead."""

    weights: Sequence[Tensor]
    rate: float
    decays: Sequence[float]
    """Weight decay of each."""
    pushes: Sequence[Tensor | None]
    """What momentum adds to each gradient; None: nothing."""


def weight_step(optimizer: torch.optim.Optimizer) -> WeightStep:
    """Return the next step of an optimiser, at its present learning rate."""
    weights, decays, pushes, rate = [], [], [], 0.0
    for group in optimizer.param_groups:
        rate = group["lr"]
        for weight in group["params"]:
            buffer = optimizer.state.get(weight, {}).get("momentum_buffer")
            weights.append(weight)
            decays.append(group["weight_decay"] if "momentum" in group else 0.0)
            pushes.append(None if buffer is None else group["momentum"] * buffer)
    return WeightStep(weights, rate, decays, pushes)


def second_order(
    training: Gradients, validation: Gradients, parameters: Sequence[Tensor], ahead: WeightStep
) -> list[Tensor]:
    """Return the gradients in the architecture's parameters; the weights are afterwards what they were before."""
    weights = list(ahead.weights)
    kept = [weight.detach().clone() for weight in weights]

    def put(values: Sequence[Tensor]) -> None:
        with torch.no_grad():
            torch._foreach_copy_([weight.detach() for weight in weights], list(values))

    stepped = []
    for weight, gradient, decay, push in zip(kept, training(weights), ahead.decays, ahead.pushes, strict=True):
        whole = gradient + decay * weight
        stepped.append(weight - ahead.rate * (whole if push is None else whole + push))
    try:
        put(stepped)
        found = validation([*parameters, *weights])
        direct, along = found[: len(parameters)], found[len(parameters) :]
        length = torch.stack([value.norm() for value in along]).norm().clamp_min(1e-12)
        reach = REACH / length
        put([weight + reach * value for weight, value in zip(kept, along, strict=True)])
        above = training(parameters)
        put([weight - reach * value for weight, value in zip(kept, along, strict=True)])
        below = training(parameters)
    finally:
        put(kept)
    factor = ahead.rate / (2 * float(reach))
    return [gradient - factor * (one - other) for gradient, one, other in zip(direct, above, below, strict=True)]
