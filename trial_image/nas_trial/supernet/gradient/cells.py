"""The cells of a space as a mixed network sees them: every edge there could be, with all options on it. Pure.

In the cells of `nas_core.spaces.edge_cells` these are the space's own edges. In those of `nas_core.spaces.input_cells`,
whose nodes choose two inputs, there is an edge from every earlier state to each node: two of them are chosen when an
architecture is derived (`nas_trial.supernet.gradient.derive`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from nas_core.spaces.base import SearchSpace
from nas_core.spaces.edge_cells import EdgeCells
from nas_core.spaces.input_cells import InputCells
from nas_trial.errors import CandidateRejected

ONLY = "cell"
"""What the cell of a space is called that has one, without a name."""


@dataclass(frozen=True)
class MixedCell:
    """A kind of cell; all cells of a kind have the same architecture."""

    name: str
    edges: tuple[str, ...]
    """As source-target, those to one node in a row, the sources in order."""
    options: tuple[str, ...]
    """Operations of every edge."""

    @cached_property
    def into(self) -> tuple[tuple[int, ...], ...]:
        """The numbers of the edges to each node, in the order of the nodes."""
        nodes: dict[str, list[int]] = {}
        for number, edge in enumerate(self.edges):
            nodes.setdefault(edge.split("-")[1], []).append(number)
        return tuple(map(tuple, nodes.values()))


def cells_of(space: SearchSpace) -> tuple[MixedCell, ...]:
    """Return the kinds of cells of a space, in its order.

    Raises:
        CandidateRejected: if the space is not one of cells.
    """
    if isinstance(space, EdgeCells):
        return tuple(MixedCell(cell or ONLY, space.edges, space.operations) for cell in space.cells)
    if isinstance(space, InputCells):
        edges = tuple(f"{source}-{node}" for node in space.nodes for source in range(node))
        return tuple(MixedCell(cell, edges, space.operations) for cell in space.cells)
    raise CandidateRejected(
        "SpecInvalid",
        f"gradients choose operations in cells, which the space {space.name} does not have; set searchSpace.name to "
        "nas-bench-201, nas-bench-301 or nasnet, or describe a cell in searchSpace.cell",
    )
