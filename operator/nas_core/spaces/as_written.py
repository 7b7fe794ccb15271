"""Values as people write them: a real number has many ways to be written, and its decision knows one."""

from __future__ import annotations

from nas_core.spaces.decisions import Decision, Real


def as_written(decision: Decision, value: str) -> str:
    """Return a real number as the decision writes it: 0.1 for 1e-1."""
    number = read_number(value)
    if not isinstance(decision, Real) or number is None or not decision.low <= number <= decision.high:
        return value
    return decision.write(number)


def read_number(text: str) -> float | None:
    """Return the number that a text is; None if it is none."""
    try:
        return float(text)
    except ValueError:
        return None
