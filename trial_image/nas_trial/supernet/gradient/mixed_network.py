"""The mixed network of a space: its ordinary network with a mixed operation on every edge."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces import get_space
from nas_core.spaces.edge_cells import EdgeCells
from nas_core.spaces.input_cells import InputCell, InputCells
from nas_model.networks import input_cells, nas_bench_201
from nas_model.signature import Signature
from nas_trial.supernet.gradient.cells import MixedCell, cells_of
from nas_trial.supernet.gradient.mixed import Choices, Mixed


@dataclass(frozen=True)
class MixedNetwork:
    """A network that is every network of its space, by what is chosen."""

    network: nn.Module
    choices: Choices
    cells: tuple[MixedCell, ...]

    def edge(self, cell: str, number: int) -> str:
        """Return the name of an edge of a cell."""
        return next(known.edges[number] for known in self.cells if known.name == cell)


def build_mixed(
    spec: SearchSpaceSpec, signature: Signature, *, partial: int = 1, auxiliary: bool = False
) -> MixedNetwork:
    """Return the mixed network of a space, its weights drawn from torch's global generator.

    Raises:
        CandidateRejected: if the space is not one of cells, or is for other inputs than the data has.
    """
    space, choices = get_space(spec), Choices()
    cells = cells_of(space)
    places = {_place(cell, number): (cell, number) for cell in cells for number in range(len(cell.edges))}

    def make(place: str, channels: int, stride: int) -> nn.Module:
        cell, number = places[place]
        return Mixed(choices, cell.name, number, cell.options, channels, stride, partial=partial, auxiliary=auxiliary)

    if isinstance(space, EdgeCells):
        names = [{edge: _place(cell, number) for number, edge in enumerate(cell.edges)} for cell in cells]
        return MixedNetwork(nas_bench_201.of_cells(spec, names, signature, make), choices, cells)
    assert isinstance(space, InputCells)
    # All nodes are joined, in NASNet's cells too: which of them nothing reads is not known before one is derived.
    inside = [
        InputCell(
            tuple(tuple((_place(cell, number), source) for source, number in enumerate(into)) for into in cell.into),
            tuple(space.nodes),
        )
        for cell in cells
    ]
    return MixedNetwork(input_cells.of_cells(spec, inside, signature, make), choices, cells)


def _place(cell: MixedCell, number: int) -> str:
    return f"{cell.name}/{cell.edges[number]}"
