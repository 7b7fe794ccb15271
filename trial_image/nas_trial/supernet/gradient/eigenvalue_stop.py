"""A cure: stop when the validation loss gets sharp in the architecture's parameters, and go back to before.

The dominant eigenvalue of the Hessian of the loss, in the architecture's parameters, on examples that the weights have
not learned from, tells how much worse a derived network is than its mixture. It is taken after each epoch, as the mean
of the last 5. The search stops when that mean has grown by a third in 5 epochs (the older one is less than 0.75 of the
newer), at the earliest after epoch 10, and the architecture is that of 5 epochs ago. Reference: Zela, Elsken, Saikia,
Marrakchi, Brox & Hutter, "Understanding and Robustifying Differentiable Architecture Search", ICLR 2020,
arXiv:1909.09656, section 4.3. The eigenvalue comes from power iteration with exact products of Hessian and vector.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

WINDOW = 5
"""Epochs that a mean is over, and that lie between the two that are compared."""
RATIO = 0.75
EARLIEST = 10
"""Epochs before the first comparison."""
ITERATIONS, TOLERANCE = 30, 1e-3
"""Of the power iteration: at most so many, or until the eigenvalue changes by a smaller share."""


def rolled_back_to(eigenvalues: Sequence[float]) -> int | None:
    """Return the number of epochs after which the architecture counts, None if the search goes on.

    ``eigenvalues``: one for each epoch so far.
    """
    epochs = len(eigenvalues)
    if epochs < EARLIEST:
        return None
    now, before = _mean(eigenvalues, epochs), _mean(eigenvalues, epochs - WINDOW)
    # Both are of Hessians near a minimum; a negative one says nothing of sharpness.
    return epochs - WINDOW if before > 0 and before / now < RATIO and now > before else None


def _mean(eigenvalues: Sequence[float], epochs: int) -> float:
    """Return the mean of the last ones up to a number of epochs."""
    window = eigenvalues[max(0, epochs - WINDOW) : epochs]
    return math.fsum(window) / len(window)


def dominant_eigenvalue(loss: Tensor, parameters: Sequence[Tensor], generator: torch.Generator) -> float:
    """Return the eigenvalue of the greatest size of a loss's Hessian in parameters, which it was computed from."""
    gradients = torch.autograd.grad(loss, parameters, create_graph=True)
    gradient = torch.cat([value.reshape(-1) for value in gradients])  # (all parameters,)
    vector = torch.randn(gradient.shape, generator=generator)
    vector /= vector.norm()
    eigenvalue = 0.0
    for _ in range(ITERATIONS):
        found = torch.autograd.grad(gradient @ vector.to(gradient), parameters, retain_graph=True)
        product = torch.cat([value.reshape(-1) for value in found]).to(vector)
        before, eigenvalue, length = eigenvalue, float(vector @ product), product.norm()
        if length == 0 or abs(eigenvalue - before) <= TOLERANCE * abs(eigenvalue):
            break
        vector = product / length
    return eigenvalue


class Sharpness:
    """The eigenvalues so far, and the parameters of the last epochs."""

    def __init__(self, parameters: Mapping[str, Tensor], epochs: int) -> None:
        """Take the architecture's parameters, by name, which are read after each of so many epochs."""
        self._parameters = parameters
        self._eigenvalues = torch.full((epochs,), torch.nan, dtype=torch.float64)
        # Those after an epoch are at its number modulo the number that is kept.
        self._kept = {name: torch.zeros(WINDOW + 1, *value.shape) for name, value in parameters.items()}

    def note(self, epochs: int, eigenvalue: float) -> None:
        """Enter the eigenvalue after a number of epochs, and keep the parameters."""
        self._eigenvalues[epochs - 1] = eigenvalue
        for name, value in self._parameters.items():
            self._kept[name][epochs % (WINDOW + 1)] = value.detach()

    @property
    def rolled_back(self) -> dict[str, Tensor] | None:
        """The parameters that count because the search is over; None if it is not."""
        known = self._eigenvalues[~self._eigenvalues.isnan()].tolist()
        epochs = rolled_back_to(known)
        return None if epochs is None else {name: kept[epochs % (WINDOW + 1)] for name, kept in self._kept.items()}

    def state(self) -> dict[str, Tensor]:
        """Return all of it, by name; always the same names and shapes."""
        return {"eigenvalues": self._eigenvalues, **{f"kept.{name}": kept for name, kept in self._kept.items()}}

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """Put back what :meth:`state` returned."""
        self._eigenvalues = tensors["eigenvalues"].clone()
        self._kept = {name: tensors[f"kept.{name}"].clone() for name in self._kept}
