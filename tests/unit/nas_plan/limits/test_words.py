from __future__ import annotations

from nas_plan.limits.words import listed


def test_a_long_list_is_cut() -> None:
    assert listed([]) == "none"
    assert listed(["a", "b"]) == "a, b"
    assert listed(list("abcdefghij")) == "a, b, c, d, e, f, g, h and 2 more"
