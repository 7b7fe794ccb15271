from __future__ import annotations

from typing import ClassVar

from nas_core.spaces import SearchSpace
from nas_core.testing.space_conformance import SpaceConformance
from nas_core.testing.toy_space import ToySpace


class TestConformance(SpaceConformance):
    space: ClassVar[SearchSpace] = ToySpace()


def test_it_has_isomorphic_encodings() -> None:
    assert (ToySpace().size, len(ToySpace().distinct)) == (256, 35)
