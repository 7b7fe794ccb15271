from __future__ import annotations

from nas_plan.wording import counted


def test_one_thing_is_no_plural() -> None:
    assert [counted(count, "trial") for count in (0, 1, 2)] == ["0 trials", "1 trial", "2 trials"]
