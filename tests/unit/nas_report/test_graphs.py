from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from nas_core.api.space import SearchSpaceSpec
from nas_core.api.space_names import SpaceName
from nas_core.spaces import get_space
from nas_report.graphs import Edge, graphs_of


@pytest.mark.parametrize("name", get_args(SpaceName))
def test_every_space_has_graphs_whose_edges_lead_forward(name: str) -> None:
    space = get_space(SearchSpaceSpec.model_validate({"name": name}))
    for seed in range(5):
        for graph in graphs_of(space, space.sample(np.random.default_rng(seed))):
            assert graph.nodes
            assert all(0 <= edge.source < edge.target < len(graph.nodes) for edge in graph.edges)


def test_an_edge_without_operation_is_left_out() -> None:
    space = get_space(SearchSpaceSpec.model_validate({"name": "nas-bench-201"}))
    ops = ["none", "skip_connect", "nor_conv_3x3", "none", "none", "avg_pool_3x3"]
    (graph,) = graphs_of(space, dict(zip(("0-1", "0-2", "1-2", "0-3", "1-3", "2-3"), ops, strict=True)))
    assert graph.nodes == ("input", "1", "2", "output")
    assert graph.edges == (Edge(0, 2, "skip_connect"), Edge(1, 2, "nor_conv_3x3"), Edge(2, 3, "avg_pool_3x3"))


def test_hyperparameters_beside_are_no_part_of_the_network() -> None:
    spec = SearchSpaceSpec.model_validate({"name": "nas-bench-201"})
    from nas_core.api.decision import DecisionSpec

    space = get_space(spec, [DecisionSpec.model_validate({"name": "learningRate", "choice": ["0.1", "0.2"]})])
    values = space.sample(np.random.default_rng(0))
    assert graphs_of(space, values) == graphs_of(get_space(spec), space.split(values)[0])


def test_equal_layers_of_a_stage_are_one_line() -> None:
    space = get_space(SearchSpaceSpec.model_validate({"name": "efficientnet"}))
    (graph,) = graphs_of(space, space.sample(np.random.default_rng(0)))
    assert graph.nodes[0].startswith("stem") and graph.nodes[-1].startswith("head")
    assert any(" x mbconv" in node for node in graph.nodes)
