from __future__ import annotations

from typing import ClassVar

import pytest
from tests.support.spaces import vary

from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces import SearchSpace, get_space
from nas_core.spaces.speech import MOST_CONVOLUTIONS, SpeechCnnRnn
from nas_core.testing.space_conformance import SpaceConformance

SPACE = SpeechCnnRnn()


class TestConformance(SpaceConformance):
    space: ClassVar[SearchSpace] = SPACE


class TestConformanceOfTheDeepest(SpaceConformance):
    space: ClassVar[SearchSpace] = SpeechCnnRnn(MOST_CONVOLUTIONS)


def test_a_thousand_architectures_vary_without_fault() -> None:
    assert vary(SPACE) > 900


def test_size_counts_convolutions_and_what_follows_them() -> None:
    convolution = 3 * 3 * 2
    followed = 1 + 3 * 3 * (2 + 2 + 3)  # nothing, or layers and width, directions of two kinds, heads of the third
    assert SPACE.size == 2 * sum(convolution**layers for layers in range(1, 4)) * followed * 3


def test_the_longest_text_fits_the_status() -> None:
    convolutions = {f"conv.{k}.{name}": value for k in range(16) for name, value in CONVOLUTION.items()}
    architecture = {
        **{"conv.kind": "1d", "conv.layers": "16", **convolutions, "seq.kind": "attention", "seq.layers": "3"},
        **{"seq.width": "1", "seq.heads": "1", "pool": "attention"},
    }
    space = SpeechCnnRnn(16)
    space.validate(architecture)
    assert len(space.text(architecture)) <= 1024


CONVOLUTION = {"kernel": "3", "width": "0.5", "stride": "1"}


def test_more_convolutions_than_can_be_written_are_refused() -> None:
    with pytest.raises(ValueError, match=r"searchSpace.depth is 17; .* at most 16 convolutions, lower it"):
        get_space(SearchSpaceSpec(name="speech-cnn-rnn", depth=17))
