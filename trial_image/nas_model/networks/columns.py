"""Columns of a table as vectors: of numbers by one of three embeddings, of categories by a table of vectors.

Reference: Gorishniy et al., "On Embeddings for Numerical Features in Tabular Deep Learning", NeurIPS 2022,
arXiv:2203.05556. Shapes: N examples, F numeric and K categorical columns, D embedding size.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from nas_model.networks.sharing import shared_as
from nas_model.signature import Inputs, TableInput

BINS = 8
"""Pieces of a piecewise-linear embedding. Their ends are quantiles of the normal distribution, not of the column as in
the paper: networks are built without data, from columns that are standardised."""
FREQUENCIES = 8
"""Sines, and as many cosines, of a periodic embedding."""
FREQUENCY_SCALE = 0.1
"""Deviation of the frequencies at the beginning; the paper's best lie between 0.01 and 1."""


class LinearColumns(nn.Module):
    """A weight and a bias vector a column."""

    def __init__(self, columns: int, size: int) -> None:
        super().__init__()
        self.weight, self.bias = column_parameter(1, columns, size), column_parameter(1, columns, size)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, F) to (N, F, D)."""
        return x.unsqueeze(-1) * self.weight + self.bias  # (N, F, 1) * (F, D) + (F, D)


class EncodedColumns(nn.Module):
    """A linear layer of its own for each column, of an encoding with several values a number."""

    def __init__(self, columns: int, encoded: int, size: int) -> None:
        super().__init__()
        self.weight, self.bias = (
            column_parameter(encoded, columns, encoded, size),
            column_parameter(encoded, columns, size),
        )

    def encode(self, x: Tensor) -> Tensor:
        """Map (N, F) to (N, F, encoded)."""
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, F) to (N, F, D)."""
        # Each column has a matrix of its own: (N, F, encoded) by (F, encoded, D).
        return torch.einsum("nfe,fed->nfd", self.encode(x), self.weight) + self.bias


class PiecewiseColumns(EncodedColumns):
    """How far the number is through each of some intervals: 0 before, 1 beyond; the outermost have no far end."""

    ends: Tensor
    low: Tensor
    high: Tensor

    def __init__(self, columns: int, size: int) -> None:
        super().__init__(columns, BINS, size)
        self.register_buffer("ends", torch.special.ndtri(torch.linspace(0.01, 0.99, BINS + 1)), persistent=False)
        low, high = torch.zeros(BINS), torch.ones(BINS)
        low[0], high[-1] = -math.inf, math.inf  # beyond the outermost quantiles the number itself still counts
        self.register_buffer("low", low, persistent=False)
        self.register_buffer("high", high, persistent=False)

    def encode(self, x: Tensor) -> Tensor:
        """Map (N, F) to (N, F, BINS)."""
        # (N, F, BINS): 0 where the number lies at the interval's beginning, 1 at its end
        through = (x.unsqueeze(-1) - self.ends[:-1]) / (self.ends[1:] - self.ends[:-1])
        return torch.minimum(torch.maximum(through, self.low), self.high)


class PeriodicColumns(EncodedColumns):
    """Sines and cosines of the number, of frequencies that are learned."""

    def __init__(self, columns: int, size: int) -> None:
        super().__init__(columns, 2 * FREQUENCIES, size)
        self.frequencies = nn.Parameter(torch.randn(columns, FREQUENCIES) * FREQUENCY_SCALE)

    def encode(self, x: Tensor) -> Tensor:
        """Map (N, F) to (N, F, 2 * FREQUENCIES)."""
        angles = 2 * math.pi * self.frequencies * x.unsqueeze(-1)  # (N, F, FREQUENCIES)
        return torch.cat([angles.cos(), angles.sin()], -1)


_NUMERIC = {"linear": LinearColumns, "piecewise": PiecewiseColumns, "periodic": PeriodicColumns}


class ColumnEmbeddings(nn.Module):
    """All columns of a table, the numbers first."""

    offsets: Tensor

    def __init__(self, table: TableInput, numeric: str, size: int) -> None:
        super().__init__()
        self.numeric = shared_as(_NUMERIC[numeric](table.numeric, size), numeric) if table.numeric else None
        self.categorical: nn.Embedding | None = None
        if table.categories:
            # One table of vectors for all columns: a column's codes begin where those before it end.
            self.categorical = nn.Embedding(sum(table.categories), size)
            nn.init.normal_(self.categorical.weight, std=size**-0.5)
            starts = [sum(table.categories[:place]) for place in range(len(table.categories))]
            self.register_buffer("offsets", torch.tensor(starts), persistent=False)

    def forward(self, inputs: Inputs) -> Tensor:
        """Map ``numeric`` (N, F) and ``categorical`` (N, K) to (N, F + K, D)."""
        embedded = []
        if self.numeric is not None:
            embedded.append(self.numeric(inputs["numeric"]))
        if self.categorical is not None:
            embedded.append(self.categorical(inputs["categorical"] + self.offsets))  # (N, K, D)
        return torch.cat(embedded, 1)


def column_parameter(inputs: int, *shape: int) -> nn.Parameter:
    """Return weights as a linear layer of so many inputs begins with: uniform up to 1 / sqrt(inputs)."""
    return nn.Parameter(torch.empty(shape).uniform_(-1, 1) / math.sqrt(inputs))
