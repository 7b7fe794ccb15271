from __future__ import annotations

from typing import ClassVar

import pytest
from tests.support.spaces import vary

from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces import ArchitectureError, SearchSpace, get_space
from nas_core.spaces.text_transformer import MOST_LAYERS, TextTransformer
from nas_core.testing.space_conformance import SpaceConformance

SPACE = TextTransformer()


class TestConformance(SpaceConformance):
    space: ClassVar[SearchSpace] = SPACE


class TestConformanceOfTheDeepest(SpaceConformance):
    space: ClassVar[SearchSpace] = TextTransformer(MOST_LAYERS)


def test_a_thousand_architectures_vary_without_fault() -> None:
    assert vary(SPACE) > 700


def test_size_counts_what_each_layer_may_be() -> None:
    layer = (4 + 3 + 1) * 3  # heads, kernels or neither; the ratio
    assert SPACE.size == 4 * sum(layer**layers for layers in range(1, 5)) == 1_384_800


def test_depth_is_the_greatest_number_of_layers() -> None:
    space = get_space(SearchSpaceSpec(name="text-transformer", depth=6))
    assert next(d.expected for d in space.decisions if d.name == "layers") == "one of 1, 2, 3, 4, 5, 6"


def test_the_longest_text_fits_the_status() -> None:
    """No layer can be written longer than one of attention."""
    layers = {f"layer.{k}.{name}": value for k in range(24) for name, value in ATTENTION.items()}
    assert len(TextTransformer(24).text({"embedding": "0.5", "layers": "24", **layers})) <= 1024


ATTENTION = {"op": "attention", "heads": "8", "ratio": "4"}


def test_more_layers_than_can_be_written_are_refused() -> None:
    with pytest.raises(ValueError, match=r"searchSpace.depth is 25; .* at most 24 layers, lower it"):
        get_space(SearchSpaceSpec(name="text-transformer", depth=25))


def test_heads_are_only_there_for_attention() -> None:
    architecture = {"embedding": "1", "layers": "1", "layer.0.op": "ffn", "layer.0.ratio": "2"}
    SPACE.validate(architecture)
    with pytest.raises(ArchitectureError, match=r"'layer.0.heads' is only there while 'layer.0.op' is attention"):
        SPACE.validate({**architecture, "layer.0.heads": "2"})
