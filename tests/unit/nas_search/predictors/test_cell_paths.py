from __future__ import annotations

import numpy as np
import pytest

from nas_core.spaces.edge_cells import EdgeCells
from nas_core.spaces.joint import JointSpace
from nas_core.spaces.nas_bench_201 import NasBench201
from nas_search.predictors.cell_paths import CellPaths
from nas_search.predictors.features import Features
from nas_search.testing.strategy_conformance import JOINT

SPACE = NasBench201()


def cell(*operations: str) -> dict[str, str]:
    """A cell by its operations, in the order of the edges; a name's first letters are enough."""
    names = {"no": "none", "sk": "skip_connect", "c1": "nor_conv_1x1", "c3": "nor_conv_3x3", "av": "avg_pool_3x3"}
    return {edge: names[op] for edge, op in zip(SPACE.edges, operations, strict=True)}


def apart(one: dict[str, str], other: dict[str, str]) -> float:
    rows = Features(SPACE).rows([one, other])
    return float(((rows[0] - rows[1]) ** 2).sum())


def test_what_no_path_reads_does_not_count() -> None:
    # Edges: 0-1, 0-2, 1-2, 0-3, 1-3, 2-3. Node 2 leads nowhere.
    assert apart(cell("c3", "c1", "c1", "no", "c3", "no"), cell("c3", "no", "av", "no", "c3", "no")) == 0


def test_through_which_nodes_a_path_goes_does_not_count() -> None:
    assert apart(cell("c3", "no", "no", "no", "c1", "no"), cell("no", "c3", "no", "no", "no", "c1")) == 0


def test_the_order_of_operations_counts_a_little_and_what_they_are_more() -> None:
    turned = apart(cell("c3", "no", "no", "no", "c1", "no"), cell("c1", "no", "no", "no", "c3", "no"))
    other = apart(cell("c3", "no", "no", "no", "c1", "no"), cell("av", "no", "no", "no", "c1", "no"))
    assert 0 < turned < other


def test_a_cell_without_a_path_is_far_from_one_with_all() -> None:
    assert apart(cell(*["no"] * 6), cell(*["c3"] * 6)) > 3


@pytest.mark.parametrize("space", [SPACE, EdgeCells("cell", 6, ["none", *"abcdefgh"], ["normal", "reduce"])])
def test_columns_have_their_widths_and_bounds(space: EdgeCells) -> None:
    paths, rng = CellPaths(space), np.random.default_rng(0)
    for _ in range(20):
        columns = np.array(paths.columns(space.sample(rng)))
        assert len(columns) == sum(paths.widths) < 600
        assert columns.min() >= 0 and columns.max() <= 1


def test_hyperparameters_beside_cells_keep_their_parts() -> None:
    joint = JointSpace(SPACE, JOINT.hyperparameters.decisions)
    assert (
        Features(joint).owners.max() == Features(SPACE).owners.max() + Features(JOINT.hyperparameters).owners.max() + 1
    )
    architecture = cell(*["c3"] * 6)
    settings = [{"learningRate": rate, "optimizer": "adamw"} for rate in ("0.1", "0.01")]
    rows = Features(joint).rows([joint.join(architecture, one) for one in settings])
    assert 0 < ((rows[0] - rows[1]) ** 2).sum() < 2
