"""How numbers are written for people: on a terminal and in the report."""

from __future__ import annotations


def number(value: float | None) -> str:
    """Write a metric for people: four digits that matter, whole numbers in full."""
    if value is None:
        return "-"
    # Above 1e15 a float no longer has all digits of a whole number.
    return f"{value:,.0f}" if float(value).is_integer() and abs(value) < 1e15 else f"{value:.4g}"
