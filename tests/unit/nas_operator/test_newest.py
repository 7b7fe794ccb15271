from __future__ import annotations

from nas_operator.newest import Newest


def test_those_that_were_set_last_are_kept() -> None:
    kept: Newest[str, int] = Newest(2)
    for number, key in enumerate("abac"):
        kept[key] = number
    assert kept.get("b") is None
    assert dict(kept) == {"a": 2, "c": 3}
