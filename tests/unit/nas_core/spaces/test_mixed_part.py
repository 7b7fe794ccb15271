from __future__ import annotations

from typing import Any

import pytest

from nas_core.api.guidance import Guidance
from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces import get_space
from nas_core.spaces.guidance import guided
from nas_core.spaces.mixed_part import mixed_fault

OWN = {"cell": {"kind": "inputs", "nodes": 2, "operations": ["none", "skip_connect", "conv_1x1"]}}


def fault(space: dict[str, Any], *entries: dict[str, Any]) -> str:
    part = guided(get_space(SearchSpaceSpec.model_validate(space)), Guidance.model_validate({"decisions": entries}))
    return mixed_fault(part.space) or ""


@pytest.mark.parametrize("name", ["nas-bench-301", "nasnet"])
def test_operations_are_guided_for_both_inputs_of_a_node_alike(name: str) -> None:
    space = {"name": name}
    assert fault(space) == "" == fault(space, {"name": "*", "forbid": ["max_pool_3x3"]})
    assert fault(space, {"name": "normal.3.op?", "require": ["skip_connect"]}) == ""
    for side in (0, 1):
        assert fault(space, {"name": f"normal.3.op{side}", "forbid": ["skip_connect"]}) == (
            "normal.3.op0 and normal.3.op1: a gradient strategy mixes the same operations for both inputs of a node; "
            "guide them together, as normal.3.op?"
        )


def test_inputs_are_chosen_by_the_strategy() -> None:
    entry = {"name": "normal.4.inputs", "require": ["0"]}
    assert "normal.4.inputs: a gradient strategy chooses the inputs" in fault({"name": "nas-bench-301"}, entry)


def test_none_alone_is_nothing_to_derive() -> None:
    assert "only none is left" in fault(OWN, {"name": "*.op?", "require": ["none"]})
    assert fault(OWN, {"name": "*.op?", "forbid": ["none"]}) == ""


def test_edges_are_guided_one_by_one() -> None:
    assert fault({"name": "nas-bench-201"}, {"name": "0-1", "require": ["none"]}) == ""
