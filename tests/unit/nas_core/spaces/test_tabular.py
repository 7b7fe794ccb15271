from __future__ import annotations

from typing import ClassVar

from tests.support.spaces import vary

from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces import SearchSpace, get_space
from nas_core.spaces.tabular import Tabular
from nas_core.testing.space_conformance import SpaceConformance

SPACE = Tabular()


class TestConformance(SpaceConformance):
    space: ClassVar[SearchSpace] = SPACE


def test_a_thousand_architectures_vary_without_fault() -> None:
    assert vary(SPACE) > 500


def test_each_kind_has_decisions_of_its_own() -> None:
    by_kind = {a["kind"]: a.keys() - {"kind"} for a in map(dict, SPACE.enumerate())}
    common = {"numeric", "layers", "width", "dropout"}
    assert by_kind == {
        "mlp": common | {"embedding"},
        "resnet": common | {"embedding", "hidden"},
        "ft-transformer": common | {"hidden", "heads"},
    }
    common_size = 3 * 4 * 4 * 4
    assert SPACE.size == common_size * (3 + 3 * 3 + 3 * 4)


def test_depth_is_the_greatest_number_of_layers() -> None:
    space = get_space(SearchSpaceSpec(name="tabular", depth=2))
    assert {a["layers"] for a in space.enumerate()} == {"1", "2"}
