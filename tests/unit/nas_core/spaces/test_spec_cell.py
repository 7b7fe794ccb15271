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
    """The same encodings are there, but for the operations' names; ids tell more exactly what is computed.

    The published string gives 6,466. It has several for one network (zeros added in other places), and in 430 classes
    one for two networks (a convolution read twice, or two convolutions).
    """
    own, published = space("edges", 4), NasBench201()
    classes: dict[str, set[str]] = {}
    for one, other in zip(own.enumerate(), published.enumerate(), strict=True):
        classes.setdefault(published.canonical_id(other), set()).add(own.canonical_id(one))
    assert len(classes) == 6_466 and len(own.distinct) == 5_260
    assert sum(len(ids) > 1 for ids in classes.values()) == 430


def test_reduction_cells_have_an_id_for_each_network() -> None:
    """With the strides in it, the published string would give 8,213: it tells zeros apart."""
    both = space("edges", 4, reduction=True)
    normal = dict.fromkeys((d.name for d in both.decisions if d.name.startswith("normal.")), "conv_3x3")
    reduce = (cell for cell in space("edges", 4).enumerate())
    ids = {both.canonical_id({**normal, **{f"reduce.{edge}": op for edge, op in cell.items()}}) for cell in reduce}
    assert len(ids) == 6_708


def test_texts_name_the_cells() -> None:
    text = "normal=|none~0|+|conv_3x3~0|skip_connect~1| reduce=|conv_3x3~0|+|none~0|skip_connect~1|"
    both = space("edges", 3, reduction=True)
    assert both.text(both.parse(text)) == text
    assert both.canonical(both.parse(text)) == "conv_3x3(1*0);1*1 conv_3x3(1*0);1*1"


@pytest.mark.parametrize("space", EVERY[1:3])
def test_the_longest_text_fits_the_status(space: SearchSpace) -> None:
    longest = max(OPERATIONS, key=len)
    architecture = next(space.enumerate())
    architecture = {name: longest if value in OPERATIONS else value for name, value in architecture.items()}
    assert len(space.text(architecture)) <= 700  # names of operations have at most 12 letters


def test_operations_that_are_there_twice_are_refused() -> None:
    with pytest.raises(ValueError, match="give at least one option, each once"):
        space("inputs", 3, ["conv_3x3", "conv_3x3"])
