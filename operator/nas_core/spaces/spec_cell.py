"""Makes a space from the cell that a user describes."""

from __future__ import annotations

from nas_core.api.cell import CellSpec
from nas_core.spaces.base import SearchSpace
from nas_core.spaces.edge_cells import EdgeCells
from nas_core.spaces.input_cells import InputCells

NAME = "cell"


def space_of_cell(spec: CellSpec) -> SearchSpace:
    """Return the space of the cells.

    Raises:
        ValueError: if an operation is there twice; the message names a decision of it.
    """
    if spec.kind == "edges":
        return EdgeCells(NAME, spec.nodes, spec.operations, ("normal", "reduce") if spec.reduction else ("",))
    return InputCells(NAME, spec.nodes, spec.operations, ("normal", "reduce") if spec.reduction else ("normal",))
