from __future__ import annotations

import pytest

from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces import get_space
from nas_core.spaces.edge_cells import EdgeCells
from nas_core.spaces.nas_bench_301 import NasBench301
from nas_trial.errors import CandidateRejected
from nas_trial.supernet.gradient.cells import cells_of


def test_a_space_of_edges_has_its_own() -> None:
    (cell,) = cells_of(EdgeCells("cell", 3, ("none", "conv_3x3")))

    assert (cell.name, cell.edges, cell.options) == ("cell", ("0-1", "0-2", "1-2"), ("none", "conv_3x3"))
    assert cell.into == ((0,), (1, 2))


def test_where_nodes_choose_inputs_there_is_an_edge_from_every_earlier_state() -> None:
    normal, reduce = cells_of(NasBench301())

    assert (normal.name, reduce.name, len(normal.edges)) == ("normal", "reduce", 14)
    assert normal.edges[:5] == ("0-2", "1-2", "0-3", "1-3", "2-3")
    assert [len(into) for into in normal.into] == [2, 3, 4, 5]


def test_other_spaces_are_refused_with_a_remedy() -> None:
    with pytest.raises(CandidateRejected, match=r"set searchSpace\.name to nas-bench-201, nas-bench-301 or nasnet"):
        cells_of(get_space(SearchSpaceSpec(name="tabular")))
