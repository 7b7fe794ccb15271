from __future__ import annotations

import pytest

from nas_core.numbers_as_text import number


@pytest.mark.parametrize(
    ("value", "text"), [(None, "-"), (0.81254, "0.8125"), (12345.0, "12,345"), (1e-7, "1e-07"), (1.0, "1")]
)
def test_numbers_are_short(value: float | None, text: str) -> None:
    assert number(value) == text
