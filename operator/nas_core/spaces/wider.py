"""Whether one part of a space has values that another does not: a supernet knows only what it was trained on."""

from __future__ import annotations

from collections.abc import Iterator

from nas_core.spaces.base import SearchSpace
from nas_core.spaces.decisions import Decision, Integer, Real
from nas_core.spaces.guidance import LISTED


def wider(part: SearchSpace, than: SearchSpace) -> tuple[str, str] | None:
    """Return a decision, and a value of it, that a part of a space has and another part does not; None if none is."""
    for mine, other, whole in zip(part.open, than.open, than.decisions, strict=True):
        if other is not whole:
            more = next((value for value in _values(mine) if not other.allows(value)), None)
            if more is not None:
                return mine.name, more
    return None


def _values(decision: Decision) -> Iterator[str]:
    """Yield a decision's values; of a range that is too long to go through its ends, which say as much."""
    if decision.count is not None and decision.count <= LISTED:
        yield from decision.values()
    else:
        assert isinstance(decision, Integer | Real), "only ranges have more values than can be forbidden"
        yield from (decision.write(decision.low), decision.write(decision.high))
