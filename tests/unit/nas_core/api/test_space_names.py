from __future__ import annotations

from typing import get_args

from nas_core.api.space_names import SPACES, SPACES_IN_WORDS, SpaceName


def test_each_ready_made_space_is_described() -> None:
    assert SPACES.keys() == set(get_args(SpaceName))
    assert all(f"{name}: " in SPACES_IN_WORDS for name in get_args(SpaceName))
