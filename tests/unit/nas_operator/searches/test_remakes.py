from __future__ import annotations

import pytest

from nas_operator.searches import remakes
from nas_operator.searches.remakes import Remakes


def test_each_pause_is_twice_the_last_one_up_to_a_minute() -> None:
    now = 100.0
    made = Remakes(lambda: now)
    assert made.left("t", 1) == 0 and made.times("t", 1) == 0
    pauses = []
    for _ in range(8):
        made.made("t", 1)
        pauses.append(made.left("t", 1))
        now += pauses[-1]
        assert made.left("t", 1) <= 0
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60] and made.times("t", 1) == 8
    assert made.left("t", 2) == 0, "another attempt is another Job"


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remakes, "MOST_KEPT", 2)
    made = Remakes(lambda: 0.0)
    for trial in ("a", "b", "a", "c"):
        made.made(trial, 1)
    assert [made.times(trial, 1) for trial in ("a", "b", "c")] == [2, 0, 1]
