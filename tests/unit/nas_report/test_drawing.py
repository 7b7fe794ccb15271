from __future__ import annotations

import itertools
from typing import get_args
from xml.etree import ElementTree

import numpy as np
import pytest

from nas_core.api.space import SearchSpaceSpec
from nas_core.api.space_names import SpaceName
from nas_core.spaces import get_space
from nas_report.drawing import BOXES, draw
from nas_report.graphs import Edge, Graph, graphs_of


def boxes(drawing: str) -> list[tuple[float, float]]:
    """Return left and right of each box."""
    rects = ElementTree.fromstring(drawing).iter("rect")
    return [(float(r.attrib["x"]), float(r.attrib["x"]) + float(r.attrib["width"])) for r in rects]


@pytest.mark.parametrize("name", get_args(SpaceName))
def test_every_space_is_drawn_as_xml_with_boxes_side_by_side(name: str) -> None:
    space = get_space(SearchSpaceSpec.model_validate({"name": name}))
    for graph in graphs_of(space, space.sample(np.random.default_rng(0))):
        found = boxes(draw(graph))
        assert len(found) == min(BOXES, len(graph.nodes))
        assert all(left[1] < right[0] for left, right in itertools.pairwise(found))


def test_names_are_text_and_never_markup() -> None:
    drawing = draw(Graph("<b>", ("<script>", "&"), (Edge(0, 1, "</svg>"),)))
    texts = [text.text for text in ElementTree.fromstring(drawing).iter("tspan")]
    assert texts == ["<script>", "&"] and "<script>" not in drawing


def test_two_edges_between_the_same_boxes_do_not_hide_each_other() -> None:
    paths = ElementTree.fromstring(draw(Graph("g", ("a", "b", "c"), (Edge(0, 2, "x"), Edge(0, 2, "y"))))).iter("path")
    assert len({path.attrib["d"] for path in paths}) == 2


def test_a_long_network_is_cut_and_says_so() -> None:
    drawing = draw(Graph("g", tuple(f"n{n}" for n in range(100)), tuple(Edge(n, n + 1) for n in range(99))))
    assert f"(the first {BOXES} of 100)" in drawing and len(boxes(drawing)) == BOXES
