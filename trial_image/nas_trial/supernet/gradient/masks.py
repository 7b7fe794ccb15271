"""Options that people forbid: they are left out of the mixture, never drawn and never derived.

A method is given minus infinity in the place of their parameters, so that their probability is 0 and the others' are
as if these options were not there. The parameters themselves stay, so that checkpoints have the same shapes.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from nas_core.spaces import SearchSpace
from nas_core.spaces.edge_cells import EdgeCells
from nas_core.spaces.mixed_part import mixed_fault
from nas_trial.errors import CandidateRejected
from nas_trial.supernet.gradient.cells import ONLY, MixedCell


def masks_of(part: SearchSpace, cells: Sequence[MixedCell]) -> dict[str, Tensor]:
    """Return which options of each edge (edges, options) a part of a space leaves, by kinds of cells.

    Raises:
        CandidateRejected: if they cannot be mixed; the operator asks for none that cannot.
    """
    if fault := mixed_fault(part):
        raise CandidateRejected("SpecInvalid", fault)
    left = {decision.name: decision for decision in part.open}

    def name(cell: MixedCell, edge: str) -> str:
        if isinstance(part, EdgeCells):
            return edge if cell.name == ONLY else f"{cell.name}.{edge}"
        # Both operations of a node have the same options.
        return f"{cell.name}.{edge.split('-')[1]}.op0"

    return {
        cell.name: torch.tensor(
            [[left[name(cell, edge)].allows(option) for option in cell.options] for edge in cell.edges]
        )
        for cell in cells
    }


def masked(alpha: Tensor, mask: Tensor | None) -> Tensor:
    """Return parameters (edges, options) with minus infinity where an option is forbidden; None: nowhere."""
    return alpha if mask is None else alpha.masked_fill(~mask, -torch.inf)
