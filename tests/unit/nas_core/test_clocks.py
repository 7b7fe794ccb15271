from __future__ import annotations

from datetime import timedelta

import pytest
from tests.support.factories import START

from nas_core.clocks import is_recent


@pytest.mark.parametrize(
    ("ago", "recent"),
    [(0, True), (9, True), (10, True), (11, False), (3600, False), (-9, True), (-11, False), (-3600, False)],
)
def test_a_moment_is_recent_only_near_now(ago: int, recent: bool) -> None:
    assert is_recent(START - timedelta(seconds=ago), START, timedelta(seconds=10)) is recent
