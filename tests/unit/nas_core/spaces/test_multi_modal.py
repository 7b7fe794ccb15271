from __future__ import annotations

from typing import ClassVar

import pytest
from tests.support.spaces import vary

from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces import ArchitectureError, SearchSpace, get_space
from nas_core.spaces.multi_modal import MOST_LAYERS, MultiModal, part
from nas_core.spaces.tabular import Tabular
from nas_core.spaces.text_transformer import TextTransformer
from nas_core.testing.space_conformance import SpaceConformance

SPACE = MultiModal()


class TestConformance(SpaceConformance):
    space: ClassVar[SearchSpace] = SPACE


class TestConformanceOfTwoModalities(SpaceConformance):
    space: ClassVar[SearchSpace] = MultiModal(["tabular", "text"])


class TestConformanceOfTheDeepest(SpaceConformance):
    space: ClassVar[SearchSpace] = MultiModal(depth=MOST_LAYERS)


def test_a_thousand_architectures_vary_without_fault() -> None:
    assert vary(SPACE) == 1_000


def test_its_parts_are_architectures_of_the_other_spaces() -> None:
    for architecture in TestConformance().draws():
        TextTransformer(3).validate(part(architecture, "text"))
        Tabular(3).validate(part(architecture, "tabular"))
        assert len(architecture) == sum(len(part(architecture, n)) for n in ("image", "text", "tabular", "fusion"))


def test_size_is_the_product_of_the_parts() -> None:
    image = sum((3 * 2 * 3) ** layers for layers in range(1, 4))
    fusion = 3 * (2 + 1 + 2 * (2 * 4))
    text, table = TextTransformer(3).size, Tabular(3).size
    assert text is not None
    assert table is not None
    assert SPACE.size == image * text * table * fusion


def test_modalities_that_are_left_out_have_no_decisions() -> None:
    space = get_space(SearchSpaceSpec(name="multi-modal", modalities=["text", "image"], depth=1))
    assert {d.name.partition(".")[0] for d in space.decisions} == {"image", "text", "fusion"}
    with pytest.raises(ArchitectureError, match=r"'tabular.kind' is no decision of multi-modal"):
        space.validate({**dict(next(space.enumerate())), "tabular.kind": "mlp"})


def test_the_order_of_the_modalities_means_nothing() -> None:
    one, other = MultiModal(["text", "image"]), MultiModal(["image", "text"])
    assert [d.name for d in one.decisions] == [d.name for d in other.decisions]


def test_the_longest_text_fits_the_status() -> None:
    layers = {
        **{f"image.layer.{k}.{n}": v for k in range(8) for n, v in IMAGE.items()},
        **{f"text.layer.{k}.{n}": v for k in range(8) for n, v in TEXT.items()},
    }
    space = MultiModal(depth=8)
    architecture = {**OTHERS, **layers}
    space.validate(architecture)
    assert len(space.text(architecture)) <= 1024


IMAGE = {"op": "residual", "kernel": "3", "width": "0.25"}
TEXT = {"op": "attention", "heads": "8", "ratio": "4"}
OTHERS = {
    "image.layers": "8",
    "text.embedding": "0.5",
    "text.layers": "8",
    "tabular.kind": "ft-transformer",
    "tabular.numeric": "piecewise",
    "tabular.layers": "8",
    "tabular.width": "0.5",
    "tabular.hidden": "4",
    "tabular.heads": "8",
    "tabular.dropout": "0.1",
    "fusion.kind": "cross-attention",
    "fusion.width": "0.5",
    "fusion.layers": "2",
    "fusion.heads": "8",
}


def test_more_layers_than_can_be_written_are_refused() -> None:
    with pytest.raises(ValueError, match=r"searchSpace.depth is 9; encoders of multi-modal have at most 8 layers"):
        get_space(SearchSpaceSpec(name="multi-modal", depth=9))
