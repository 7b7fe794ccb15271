"""The mixed operation: all options of an edge with weights of their own, of which a step computes one, or a mixture.

What is computed comes from :class:`Choices`, which the network's mixed operations share: for each edge a path (one
option: memory and time are its own), or weights over the options (Liu et al. 2019, arXiv:1806.09055, equation 2).
The parameters' names are those of the ordinary network with the option's name inserted after the edge, so that
`nas_trial.supernet.gradient.extract` can hand them over.
Shapes: N batch, C channels, H and W image size; h and w are H and W divided by the stride.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from nas_model.networks.operations import Zero, operation
from nas_trial.supernet.gradient.auxiliary_skip import auxiliary_skip
from nas_trial.supernet.gradient.partial_channels import joined, parted, require_divisible


@dataclass(frozen=True)
class OnEdge:
    """What the mixed operation of an edge computes: nothing, if there is neither a path nor weights."""

    path: int | None = None
    """The one option that is computed."""
    weights: Sequence[Tensor | None] | None = None
    """A scalar for each option, None for one that is left out. With a path, that of its option is a factor."""
    scale: Tensor | None = None
    """The edge's own weight, a scalar; None: 1."""


class Choices:
    """What all mixed operations of a network compute now."""

    def __init__(self) -> None:
        self._now: dict[str, Sequence[OnEdge]] = {}
        self.auxiliary = 0.0
        """Weight of the skip connections beside the mixed operations."""

    def set(self, now: Mapping[str, Sequence[OnEdge]]) -> None:
        """Set what is computed, by the names of cells: one entry for each of their edges, in order."""
        self._now = dict(now)

    def on(self, cell: str, edge: int) -> OnEdge:
        """Return what an edge computes."""
        return self._now[cell][edge]


class Mixed(nn.ModuleDict):
    """The options of one edge of one cell, by their names.

    Batch normalisations have no scale or shift that learns: they would make up for small weights of the mixture
    (section 3.1 of the paper). They are there, at 1 and 0, because ordinary networks have them.
    """

    def __init__(
        self,
        choices: Choices,
        cell: str,
        edge: int,
        options: Sequence[str],
        channels: int,
        stride: int,
        *,
        partial: int = 1,
        auxiliary: bool = False,
    ) -> None:
        """Make the options; ``partial`` and ``auxiliary`` are the cures of those names.

        Raises:
            CandidateRejected: if ``partial`` does not divide the channels.
        """
        require_divisible(channels, partial)
        # The spaces of the published table say nor_conv where the library of operations has conv.
        super().__init__(
            {option: operation(option.removeprefix("nor_"), channels // partial, stride) for option in options}
        )
        self.choices, self.cell, self.edge, self.stride, self.partial = choices, cell, edge, stride, partial
        self.ordered = list(self.values())
        self.beside = auxiliary_skip(channels, stride) if auxiliary else None
        for module in self.modules():
            if isinstance(module, _BatchNorm):
                module.requires_grad_(False)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, C, h, w)."""
        now = self.choices.on(self.cell, self.edge)
        if now.path is None and now.weights is None:
            return torch.zeros_like(x[:, :, :: self.stride, :: self.stride])
        if self.partial == 1:
            out = self._computed(x, now)
        else:
            mixed, passed = parted(x, self.partial)
            out = joined(self._computed(mixed, now), passed, self.partial, self.stride)
        if now.scale is not None:
            out = out * now.scale
        if self.beside is not None and self.choices.auxiliary:
            out = out + self.choices.auxiliary * self.beside(x)
        return out

    def _computed(self, x: Tensor, now: OnEdge) -> Tensor:
        if now.path is not None:
            out: Tensor = self.ordered[now.path](x)
            own = None if now.weights is None else now.weights[now.path]
            return out if own is None else out * own
        assert now.weights is not None
        total: Tensor | None = None
        for option, weight in zip(self.ordered, now.weights, strict=True):
            if weight is None or isinstance(option, Zero):  # which adds nothing, whatever its weight
                continue
            result = option(x)
            # One pass over the memory for product and sum. Of one type, lest autocast takes the wider one.
            factor = weight.to(result.dtype)
            total = result * factor if total is None else torch.addcmul(total, result, factor)
        return total if total is not None else torch.zeros_like(x[:, :, :: self.stride, :: self.stride])
