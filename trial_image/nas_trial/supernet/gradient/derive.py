"""From strengths of the options to the architecture of the space.

Where the space's edges are the cell's (NAS-Bench-201's kind) every edge has its strongest option, ``none`` among them,
as in that paper's code (Dong & Yang 2020, arXiv:2001.00326). Where nodes choose two inputs (DARTS's kind) each takes
the two whose strongest option is strongest, and on each that option; never ``none``, whose probability only says how
much an edge matters (Liu et al. 2019, arXiv:1806.09055, section 2.4). The two are distinct in NASNet's cells too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from nas_core.spaces.base import SearchSpace
from nas_core.spaces.edge_cells import NONE, EdgeCells
from nas_core.spaces.input_cells import INPUTS, InputCells
from nas_trial.supernet.gradient.cells import ONLY, MixedCell, cells_of
from nas_trial.supernet.gradient.skip_limit import Strengths, limited


def derive(
    space: SearchSpace, strengths: Mapping[str, Sequence[Sequence[float]]], skip_limit: int | None = None
) -> dict[str, str]:
    """Return the architecture; ``strengths`` has for each kind of cell those of the options of each edge, from 0 on."""
    architecture: dict[str, str] = {}
    for cell in cells_of(space):
        table = [list(row) for row in strengths[cell.name]]
        if isinstance(space, EdgeCells):
            chosen = limited(table, cell.options, _each, skip_limit)
            prefix = "" if cell.name == ONLY else f"{cell.name}."
            architecture |= {f"{prefix}{edge}": cell.options[chosen[number]] for number, edge in enumerate(cell.edges)}
        else:
            assert isinstance(space, InputCells)
            chosen = limited(table, cell.options, partial(_two_inputs, cell), skip_limit)
            architecture |= _decisions(space, cell, chosen)
    space.validate(architecture)
    return architecture


def _best(row: Sequence[float], without: int | None = None) -> int:
    return max((option for option in range(len(row)) if option != without), key=row.__getitem__)


def _each(table: Strengths) -> dict[int, int]:
    return {edge: _best(row) for edge, row in enumerate(table)}


def _two_inputs(cell: MixedCell, table: Strengths) -> dict[int, int]:
    none = cell.options.index(NONE) if NONE in cell.options else None
    best = [_best(row, none) for row in table]
    chosen: dict[int, int] = {}
    for into in cell.into:
        strongest = sorted(into, key=lambda edge: -table[edge][best[edge]])[:INPUTS]
        chosen |= {edge: best[edge] for edge in sorted(strongest)}
    return chosen


def _decisions(space: InputCells, cell: MixedCell, chosen: Mapping[int, int]) -> dict[str, str]:
    """Return the decisions of a cell; the lower of two inputs is the first."""
    found: dict[str, str] = {}
    for node, into in zip(space.nodes, cell.into, strict=True):
        group = f"{cell.name}.{node}"
        pair = [(cell.edges[edge].split("-")[0], cell.options[chosen[edge]]) for edge in into if edge in chosen]
        for side, (source, option) in enumerate(pair):
            found[f"{group}.op{side}"] = option
            if space.loose_ends:
                found[f"{group}.input{side}"] = source
        if not space.loose_ends and node > INPUTS:
            found[f"{group}.inputs"] = "+".join(source for source, _ in pair)
    return found
