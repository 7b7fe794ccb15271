from __future__ import annotations

import math
from itertools import count

import numpy as np
import pytest

from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces import get_space
from nas_core.spaces.edge_cells import EdgeCells
from nas_core.spaces.input_cells import InputCells
from nas_core.spaces.nas_bench_201 import EDGES, OPS, NasBench201
from nas_core.spaces.nas_bench_301 import NasBench301
from nas_core.spaces.nasnet import NasNet
from nas_trial.supernet.gradient.cells import cells_of
from nas_trial.supernet.gradient.derive import derive


def one_hot(*options: int) -> list[list[float]]:
    return [[1.0 if option == best else 0.1 for option in range(len(OPS))] for best in options]


def test_every_edge_of_nas_bench_201_has_its_strongest_option_none_among_them() -> None:
    architecture = derive(NasBench201(), {"cell": one_hot(0, 1, 2, 3, 4, 0)})

    assert architecture == dict(zip(EDGES, [OPS[option] for option in (0, 1, 2, 3, 4, 0)], strict=True))


def test_cells_with_names_have_decisions_with_their_names() -> None:
    space = EdgeCells("cell", 3, ("none", "conv_3x3"), ("normal", "reduce"))

    architecture = derive(space, {"normal": [[1, 0]] * 3, "reduce": [[0, 1]] * 3})

    assert architecture["normal.0-2"] == "none" and architecture["reduce.1-2"] == "conv_3x3"


def test_a_node_takes_its_two_strongest_inputs_in_their_order() -> None:
    space = InputCells("cell", 2, ("skip_connect", "conv_1x1"), ("normal",))
    strengths = [
        [0.6, 0.4],  # 0-2
        [0.3, 0.7],  # 1-2
        [0.51, 0.49],  # 0-3: the weakest
        [0.1, 0.9],  # 1-3
        [0.8, 0.2],  # 2-3
    ]

    architecture = derive(space, {"normal": strengths})

    assert space.text(architecture) == "normal=skip_connect~0+conv_1x1~1|conv_1x1~1+skip_connect~2"


def test_none_is_never_derived_where_nodes_choose_inputs() -> None:
    space = InputCells("cell", 2, ("none", "conv_1x1", "conv_3x3"), ("normal",))
    strengths = [[0.9, 0.06, 0.04], [0.1, 0.2, 0.7], [0.2, 0.5, 0.3], [0.8, 0.15, 0.05], [0.1, 0.45, 0.45]]

    architecture = derive(space, {"normal": strengths})

    # Nor does its probability speak for an edge: that of 1-3 is the weakest.
    assert space.text(architecture) == "normal=conv_1x1~0+conv_3x3~1|conv_1x1~0+conv_1x1~2"


@pytest.mark.parametrize("space", [NasBench301(), NasNet()], ids=lambda space: space.name)
def test_cells_of_the_literature_are_derived(space: InputCells) -> None:
    numbers = count()
    strengths = {
        cell.name: [[math.sin(next(numbers)) + 1 for _ in cell.options] for _ in cell.edges] for cell in cells_of(space)
    }

    architecture = derive(space, strengths)

    for cell in space.cells:
        for terms in space.cell(architecture, cell).nodes:
            assert len({source for _, source in terms}) == 2


def test_at_most_so_many_skip_connections_stay_the_strongest_of_them() -> None:
    strengths = [[0.0, 0.5 + edge / 100, 0.1, 0.2, 0.0] for edge in range(len(EDGES))]

    chosen = derive(NasBench201(), {"cell": strengths}, skip_limit=2)

    assert [chosen[edge] for edge in EDGES] == ["nor_conv_3x3"] * 4 + ["skip_connect"] * 2
    assert "skip_connect" not in derive(NasBench201(), {"cell": strengths}, skip_limit=0).values()


def test_an_edge_that_may_not_skip_competes_with_its_next_option() -> None:
    space = InputCells("cell", 2, ("skip_connect", "conv_1x1"), ("normal",))
    strengths = [[0.1, 0.9], [0.1, 0.9], [0.9, 0.1], [0.4, 0.6], [0.5, 0.55]]

    free = derive(space, {"normal": strengths})
    limited = derive(space, {"normal": strengths}, skip_limit=0)

    assert space.text(free).endswith("|skip_connect~0+conv_1x1~1")
    assert space.text(limited).endswith("|conv_1x1~1+conv_1x1~2")


def test_without_skip_connections_an_edge_may_have_none() -> None:
    space = get_space(
        SearchSpaceSpec.model_validate({"cell": {"kind": "edges", "nodes": 2, "operations": ["skip_connect", "none"]}})
    )

    assert derive(space, {"cell": [[0.9, 0.1]]}, skip_limit=0) == {"0-1": "none"}


def test_every_architecture_can_be_derived_of_a_space_of_edges() -> None:
    space, rng = NasBench201(), np.random.default_rng(0)
    for _ in range(20):
        wanted = space.sample(rng)
        assert derive(space, {"cell": one_hot(*(OPS.index(wanted[edge]) for edge in EDGES))}) == wanted
