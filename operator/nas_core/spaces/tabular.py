"""Networks for tables: a plain or a residual MLP or a transformer over the columns, and how columns become vectors.

References: Gorishniy et al., "Revisiting Deep Learning Models for Tabular Data", NeurIPS 2021, arXiv:2106.11959 (the
three kinds: MLP, ResNet, FT-Transformer); Gorishniy et al., "On Embeddings for Numerical Features in Tabular Deep
Learning", NeurIPS 2022, arXiv:2203.05556 (linear, piecewise-linear and periodic embeddings of numbers). The networks
are in `nas_model.networks.tabular`.
"""

from __future__ import annotations

from nas_core.spaces.base import SearchSpace
from nas_core.spaces.decisions import Choice, Decision, Integer, when

NAME = "tabular"
DEPTH = 4
"""Layers at most, unless the search says more."""


class Tabular(SearchSpace):
    """The ``kind`` and its sizes; ``numeric``, the embedding of numbers. Widths are multiples of ``spec.width``."""

    def __init__(self, depth: int | None = None) -> None:
        super().__init__(NAME, encoder(depth or DEPTH))


def encoder(depth: int) -> list[Decision]:
    """Return the decisions of an encoder of at most ``depth`` layers."""
    return [
        Choice("kind", ("mlp", "resnet", "ft-transformer")),
        Choice("numeric", ("linear", "piecewise", "periodic")),
        # The columns of a transformer are tokens, as wide as it is.
        Choice("embedding", ("8", "16", "32"), when=when("kind", "mlp", "resnet")),
        Integer("layers", 1, depth),
        Choice("width", ("0.5", "1", "2", "4")),
        Choice("hidden", ("1", "2", "4"), when=when("kind", "resnet", "ft-transformer")),
        Choice("heads", ("1", "2", "4", "8"), when=when("kind", "ft-transformer")),
        Choice("dropout", ("0", "0.1", "0.2", "0.4")),
    ]
