"""Tells the mixed operations what to compute: for a step of the architecture, of the weights, and to be judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from nas_trial.supernet.gradient.masks import masked
from nas_trial.supernet.gradient.method import Drawn, Method, edge_scales, on_edges
from nas_trial.supernet.gradient.mixed_network import MixedNetwork
from nas_trial.supernet.gradient.parameters import Parameters
from nas_trial.supernet.gradient.perturbation import Shifts


@dataclass(frozen=True)
class Choosing:
    """What a method makes of the parameters, given to the mixed operations of a network."""

    mixed: MixedNetwork
    method: Method
    parameters: Parameters
    device: torch.device
    masks: Mapping[str, Tensor] = field(default_factory=dict)
    """Which options (edges, options) may be computed, by cells; of one that is not there all."""

    def draw(self, seed: int, share: float, *, learning: bool, shifts: Shifts | None = None) -> None:
        """Draw what a step computes, when a ``share`` of the search is over.

        ``learning``: the architecture's parameters get gradients; ``shifts`` move the probabilities.
        """
        generator = torch.Generator().manual_seed(seed)
        drawn = {}
        for cell, alpha in self.parameters.alphas.items():
            values = alpha if learning else alpha.detach()
            drawn[cell] = self.method.draw(
                self._masked(cell, values), share, generator, shifts[cell] if shifts else None
            )
        self._set(drawn, learning=learning)

    def judged(self) -> None:
        """Choose what is judged on the validation examples."""
        self._set(
            {
                cell: self.method.judged(self._masked(cell, alpha.detach()))
                for cell, alpha in self.parameters.alphas.items()
            }
        )

    def mean(self) -> None:
        """Choose the mean mixture, whatever the method draws; the parameters get gradients."""
        alphas = self.parameters.alphas
        self._set({cell: Drawn(self.mean_of(cell, alpha)) for cell, alpha in alphas.items()}, learning=True)

    def mixtures(self, weights: Mapping[str, Tensor]) -> None:
        """Choose mixtures (edges, options) by cells."""
        self._set({cell: Drawn(values) for cell, values in weights.items()})

    def means(self) -> dict[str, Tensor]:
        """Return how likely each option is, by cells (edges, options)."""
        return {cell: self.mean_of(cell, alpha.detach()) for cell, alpha in self.parameters.alphas.items()}

    def mean_of(self, cell: str, alpha: Tensor) -> Tensor:
        """Return how likely each option of a cell's edges (edges, options) is by some parameters."""
        return self.method.mean(self._masked(cell, alpha))

    def _masked(self, cell: str, alpha: Tensor) -> Tensor:
        return masked(alpha, self.masks.get(cell))

    def _set(self, drawn: Mapping[str, Drawn], *, learning: bool = False) -> None:
        now = {}
        for cell in self.mixed.cells:
            beta = self.parameters.betas.get(cell.name)
            if beta is not None and not learning:
                beta = beta.detach()
            scales = None if beta is None else edge_scales(beta, cell)
            now[cell.name] = on_edges(drawn[cell.name], scales, self.device, self.masks.get(cell.name))
        self.mixed.choices.set(now)
