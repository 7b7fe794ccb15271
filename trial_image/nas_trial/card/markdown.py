"""Tables and names in Markdown, in which what comes from data means nothing."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

SIGNS = re.compile(r"([\\`*_{}\[\]<>#|$~&!])")
NAME_LENGTH = 80


def plain(text: str, length: int = NAME_LENGTH) -> str:
    """Return text on one line in which no sign has a meaning."""
    line = " ".join(text.split())
    return SIGNS.sub(r"\\\1", line if len(line) <= length else line[: length - 1] + "…")


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a table; the first column is left, the others are right."""
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    return [f"| {' | '.join(line)} |" for line in lines]


def number(value: float) -> str:
    """Return a number with four digits that count; whole and large ones without a fraction."""
    if not math.isfinite(value):
        return str(value)
    return f"{value:,.0f}" if value == int(value) or 1e3 <= abs(value) < 1e12 else f"{value:.4g}"
