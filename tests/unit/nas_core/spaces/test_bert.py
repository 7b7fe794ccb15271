from __future__ import annotations

from typing import ClassVar

import pytest

from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces import SearchSpace, get_space
from nas_core.spaces.bert import Bert, kept
from nas_core.testing.space_conformance import SpaceConformance


class TestBert(SpaceConformance):
    space: ClassVar[SearchSpace] = get_space(SearchSpaceSpec(name="bert"))


def test_what_is_left_of_each_layer() -> None:
    assert kept({"layers": "2", "layer.0.keep": "attention", "layer.1.keep": "all"}) == ["attention", "all"]


def test_as_many_layers_as_the_largest_published_one() -> None:
    assert Bert(24).size == sum(3**layers for layers in range(1, 25))
    with pytest.raises(ValueError, match="depth is 25; bert has at most 24 layers, lower it"):
        Bert(25)
