"""The architecture's parameters: a tensor for each kind of cell, shared by all its cells, and their optimiser.

They stay in the host's memory: there are few, and drawing from them then is the same with every device.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import torch
from torch import Tensor

from nas_trial.process.torch_startup import lean
from nas_trial.supernet.gradient.cells import MixedCell

FIRST = 1e-3
"""Deviation of the first values: all options are about as likely."""
BETAS = (0.5, 0.999)
"""Of Adam, as in all papers of this package."""
_MOMENTS = ("exp_avg", "exp_avg_sq")


class Parameters:
    """alphas (edges, options) for each kind of cell and, if edges have weights of their own, betas (edges)."""

    def __init__(
        self, cells: Sequence[MixedCell], rate: float, decay: float, seed: int, *, edge_weights: bool = False
    ) -> None:
        """Draw the first values; ``rate`` and ``decay`` are Adam's."""
        generator = torch.Generator().manual_seed(seed)

        def drawn(*shape: int) -> Tensor:
            return (FIRST * torch.randn(*shape, generator=generator)).requires_grad_()

        self.alphas = {cell.name: drawn(len(cell.edges), len(cell.options)) for cell in cells}
        self.betas = {cell.name: drawn(len(cell.edges)) for cell in cells} if edge_weights else {}
        self.optimizer = lean(torch.optim.Adam)(self.all, lr=rate, betas=BETAS, weight_decay=decay)

    @property
    def all(self) -> list[Tensor]:
        """All tensors, in a fixed order."""
        return [*self.alphas.values(), *self.betas.values()]

    @property
    def named(self) -> dict[str, Tensor]:
        """All tensors by their names in a checkpoint."""
        return {f"alpha.{cell}": alpha for cell, alpha in self.alphas.items()} | {
            f"beta.{cell}": beta for cell, beta in self.betas.items()
        }

    def step(self, gradients: Iterable[Tensor]) -> None:
        """Take a step of the optimiser, with the gradients of :attr:`all`."""
        for parameter, gradient in zip(self.all, gradients, strict=True):
            parameter.grad = gradient
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)

    def state(self) -> dict[str, Tensor]:
        """Return values and the optimiser's moments, by name; always the same names."""
        found: dict[str, Tensor] = {}
        for name, parameter in self.named.items():
            kept = self.optimizer.state.get(parameter) or {
                "step": torch.zeros(()),
                **{moment: torch.zeros_like(parameter) for moment in _MOMENTS},
            }
            found |= {name: parameter.detach(), **{f"{name}.{key}": kept[key] for key in ("step", *_MOMENTS)}}
        return found

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """Put back what :meth:`state` returned."""
        with torch.no_grad():
            for name, parameter in self.named.items():
                parameter.copy_(tensors[name])
                self.optimizer.state[parameter] = {key: tensors[f"{name}.{key}"].clone() for key in ("step", *_MOMENTS)}
