"""Networks of `nas_core.spaces.tabular`: columns as vectors, then an MLP, a residual MLP or a transformer.

Reference: Gorishniy et al., "Revisiting Deep Learning Models for Tabular Data", NeurIPS 2021, arXiv:2106.11959,
section 3. Shapes: N examples, D width, L vectors of an example.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces.tabular import NAME
from nas_model.networks.attention import ReGLU, TransformerLayer
from nas_model.networks.columns import ColumnEmbeddings, column_parameter
from nas_model.networks.sharing import shared_as
from nas_model.networks.sizes import scaled
from nas_model.networks.unsuitable import unsuitable
from nas_model.signature import Inputs, Signature, TableInput

WIDTH = 64
"""Width at multiple 1, unless the search says another."""


class ResidualBlock(nn.Module):
    """Batch normalisation and two linear layers, with a residual way around."""

    def __init__(self, width: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.BatchNorm1d(width),
            nn.Linear(width, hidden),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, width),
            nn.Dropout(dropout),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, D) to the same shape."""
        out: Tensor = x + self.layers(x)
        return out


class MlpEncoder(nn.Module):
    """A plain or a residual MLP over the vectors of all columns in a row; gives one vector an example."""

    def __init__(self, architecture: Mapping[str, str], table: TableInput, width: int) -> None:
        super().__init__()
        size, layers, dropout = (float(architecture[name]) for name in ("embedding", "layers", "dropout"))
        self.columns = ColumnEmbeddings(table, architecture["numeric"], int(size))
        inputs = (table.numeric + len(table.categories)) * int(size)
        if architecture["kind"] == "mlp":
            body: list[nn.Module] = []
            for layer in range(int(layers)):
                linear = nn.Linear(width if layer else inputs, width)
                body += [linear if layer else first_layer(linear, size), nn.ReLU(), nn.Dropout(dropout)]
        else:
            hidden = width * int(architecture["hidden"])
            blocks = [ResidualBlock(width, hidden, dropout) for _ in range(int(layers))]
            last = shared_as(nn.BatchNorm1d(width), "norm")
            body = [first_layer(nn.Linear(inputs, width), size), *blocks, last, nn.ReLU()]
        self.body = nn.Sequential(*body)

    def forward(self, inputs: Inputs) -> Tensor:
        """Return one vector of each example, (N, 1, D)."""
        out: Tensor = self.body(self.columns(inputs).relu().flatten(1))  # from (N, columns * embedding) to (N, D)
        return out.unsqueeze(1)


def first_layer(linear: nn.Linear, size: float) -> nn.Linear:
    """Return the first layer, which is another one for each size of the columns' vectors: they lie in a row."""
    return shared_as(linear, f"from {int(size)}")


class TransformerEncoder(nn.Module):
    """An FT-Transformer: attention among the columns; one more token gathers what is asked for."""

    def __init__(self, architecture: Mapping[str, str], table: TableInput, width: int) -> None:
        super().__init__()
        heads, hidden, layers = (int(architecture[name]) for name in ("heads", "hidden", "layers"))
        dropout = float(architecture["dropout"])
        self.columns = ColumnEmbeddings(table, architecture["numeric"], width)
        self.gather = column_parameter(width, 1, 1, width)
        self.layers = nn.Sequential(
            *(TransformerLayer(width, heads, ReGLU(width, width * hidden, dropout), dropout) for _ in range(layers))
        )
        # The paper's: without it, normalising before each part learns worse.
        self.layers[0].norm_a = nn.Identity()
        self.norm = nn.Sequential(nn.LayerNorm(width), nn.ReLU())

    def forward(self, inputs: Inputs) -> Tensor:
        """Return the vectors of each example, (N, 1 + columns, D); the first gathers."""
        columns = self.columns(inputs)  # (N, columns, D)
        rows = columns.shape[0]  # not len(), which export would take for a constant
        tokens = torch.cat([self.gather.expand(rows, -1, -1), columns], 1)  # (N, 1 + columns, D)
        out: Tensor = self.norm(self.layers(tokens))
        return out


class TabularEncoder(nn.Module):
    """From a table's rows to vectors, of which the first stands for the row."""

    def __init__(self, architecture: Mapping[str, str], table: TableInput, width: int) -> None:
        super().__init__()
        self.width = scaled(width, architecture["width"])
        kind = TransformerEncoder if architecture["kind"] == "ft-transformer" else MlpEncoder
        self.encoder = shared_as(kind(architecture, table, self.width), architecture["kind"])

    def forward(self, inputs: Inputs) -> Tensor:
        """Map ``numeric`` and ``categorical`` to (N, L, D)."""
        out: Tensor = self.encoder(inputs)
        return out


class TabularNetwork(nn.Module):
    """The whole network, from a table's rows to outputs."""

    def __init__(self, architecture: Mapping[str, str], table: TableInput, outputs: int, width: int) -> None:
        super().__init__()
        self.encoder = TabularEncoder(architecture, table, width)
        self.head = nn.Linear(self.encoder.width, outputs)

    def forward(self, inputs: Inputs) -> Tensor:
        """Return the outputs (N, outputs) of ``numeric`` and ``categorical``."""
        out: Tensor = self.head(self.encoder(inputs)[:, 0])
        return out


def build(spec: SearchSpaceSpec, architecture: Mapping[str, str], signature: Signature) -> nn.Module:
    """Return the network of an architecture.

    Raises:
        CandidateRejected: if the data has no columns.
    """
    if signature.table is None:
        raise unsuitable(NAME, "tables", signature)
    return TabularNetwork(architecture, signature.table, signature.outputs, spec.width or WIDTH)
