from __future__ import annotations

from typing import Any, ClassVar

import pytest
from tests.support.spaces import vary

from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces import SearchSpace, get_space
from nas_core.spaces.nas_bench_201 import NasBench201
from nas_core.testing.space_conformance import SpaceConformance

OPERATIONS = ["none", "skip_connect", "conv_1x1", "conv_3x3", "avg_pool_3x3"]


def space(kind: str, nodes: int, operations: list[str] = OPERATIONS, **more: Any) -> SearchSpace:
    cell = {"kind": kind, "nodes": nodes, "operations": operations, **more}
    return get_space(SearchSpaceSpec.model_validate({"cell": cell}))


EVERY = [
    space("edges", 3),
    space("edges", 6, reduction=True),
    space("inputs", 6, OPERATIONS[1:], reduction=True),
    space("inputs", 2, OPERATIONS[1:]),
]


class TestEdges(SpaceConformance):
    space: ClassVar[SearchSpace] = EVERY[0]


class TestEdgesWithReduction(SpaceConformance):
    space: ClassVar[SearchSpace] = EVERY[1]


class TestInputsWithReduction(SpaceConformance):
    space: ClassVar[SearchSpace] = EVERY[2]


class TestInputs(SpaceConformance):
    space: ClassVar[SearchSpace] = EVERY[3]


@pytest.mark.parametrize("space", EVERY[1:3])
def test_a_thousand_architectures_vary_without_fault(space: SearchSpace) -> None:
    assert vary(space) > 990


def test_sizes() -> None:
    assert [s.size for s in EVERY] == [5**3, 5**30, (3 * 6 * 10 * 15 * 21 * 4**12) ** 2, 3 * 4**4]


def test_the_cells_of_nas_bench_201_can_be_described() -> None:
    """The same encodings are the same cells as in the ready-made space, but for the operations' names."""
    own, published = space("edges", 4), NasBench201()
    classes = {
        (own.canonical_id(one), published.canonical_id(other))
        for one, other in zip(own.enumerate(), published.enumerate(), strict=True)
    }
    assert len(classes) == len(own.distinct) == 6_466


def test_texts_name_the_cells() -> None:
    text = "normal=|none~0|+|conv_3x3~0|skip_connect~1| reduce=|conv_3x3~0|+|none~0|skip_connect~1|"
    both = space("edges", 3, reduction=True)
    assert both.text(both.parse(text)) == text
    assert both.canonical(both.parse(text)) == "#+(0)@conv_3x3 #+(0)@conv_3x3"


@pytest.mark.parametrize("space", EVERY[1:3])
def test_the_longest_text_fits_the_status(space: SearchSpace) -> None:
    longest = max(OPERATIONS, key=len)
    architecture = next(space.enumerate())
    architecture = {name: longest if value in OPERATIONS else value for name, value in architecture.items()}
    assert len(space.text(architecture)) <= 700  # names of operations have at most 12 letters


def test_operations_that_are_there_twice_are_refused() -> None:
    with pytest.raises(ValueError, match="give at least one option, each once"):
        space("inputs", 3, ["conv_3x3", "conv_3x3"])
