"""What a method makes of the architecture's parameters: the interface of this package's methods.

Shapes: E edges of a kind of cell, O options.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from nas_trial.supernet.gradient.cells import MixedCell
from nas_trial.supernet.gradient.mixed import OnEdge


@dataclass(frozen=True)
class Drawn:
    """What the edges of a kind of cell compute in a step."""

    weights: Tensor
    """(E, O); rows add up to 1."""
    path: tuple[int, ...] | None = None
    """The one option of each edge (E) that is computed; None: all are."""


class Method(ABC):
    """A way to search by gradients."""

    warm_up: float = 0.0
    """Share of the epochs, at the beginning, in which only the weights learn."""
    edge_weights = False
    """Whether edges have weights of their own (`nas_trial.supernet.gradient.pc_darts`)."""

    def mean(self, alpha: Tensor) -> Tensor:
        """Return how likely each option is (E, O): what entropy, eigenvalues and the derived architecture are of."""
        return functional.softmax(alpha, -1)

    @abstractmethod
    def draw(self, alpha: Tensor, share: float, generator: torch.Generator, shift: Tensor | None = None) -> Drawn:
        """Return what a step computes, differentiable in ``alpha`` (E, O), minus infinity of options that are masked.

        ``share``: of the search that is over, from 0 to 1; ``generator``: of all that is drawn; ``shift`` (E, O) moves
        :meth:`mean` before (`nas_trial.supernet.gradient.perturbation`).
        """

    def judged(self, alpha: Tensor) -> Drawn:
        """Return what is judged on the validation examples."""
        return Drawn(self.mean(alpha))


def moved(mean: Tensor, shift: Tensor | None) -> Tensor:
    """Return probabilities (E, O) moved by a shift, and brought back to probabilities."""
    if shift is None:
        return mean
    # What is impossible stays so: options that are masked (`nas_trial.supernet.gradient.masks`).
    inside = torch.where(mean > 0, (mean + shift).clamp(0, 1), 0.0)
    total = inside.sum(-1, keepdim=True)
    return torch.where(total > 0, inside / total.clamp_min(1e-12), mean)


def edge_scales(beta: Tensor, cell: MixedCell) -> Tensor:
    """Return the edges' own weights (E): those into one node add up to 1."""
    return torch.cat([functional.softmax(beta[list(into)], 0) for into in cell.into])


def on_edges(drawn: Drawn, scales: Tensor | None, device: torch.device, mask: Tensor | None = None) -> Sequence[OnEdge]:
    """Return what the mixed operations are given, on the device; ``mask`` (E, O): which options may be computed."""
    edges, options = drawn.weights.shape
    each: Sequence[Tensor | None] | None = None
    if drawn.path is None or drawn.weights.requires_grad:
        each = drawn.weights.to(device).reshape(-1).unbind()
        if mask is not None:
            each = [weight if left else None for weight, left in zip(each, mask.reshape(-1).tolist(), strict=True)]
    own = [None] * edges if scales is None else list(scales.to(device).unbind())
    return [
        OnEdge(
            None if drawn.path is None else drawn.path[edge],
            # A path's own factor is 1: it is there only for the gradient.
            None if each is None else each[edge * options : (edge + 1) * options],
            own[edge],
        )
        for edge in range(edges)
    ]
