"""Layer sizes from the multiples that architectures name."""

from __future__ import annotations

DIVISOR = 8
"""Widths are multiples of it, so that any number of heads up to 8 divides them."""


def scaled(width: int, multiple: str) -> int:
    """Return ``width`` times a multiple such as ``1.5``, to the next multiple of 8, at least 8."""
    return max(DIVISOR, round(width * float(multiple) / DIVISOR) * DIVISOR)
