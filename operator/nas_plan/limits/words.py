"""How messages about policies list what is allowed."""

from __future__ import annotations

from collections.abc import Sequence

_SHOWN = 8


def listed(allowed: Sequence[str]) -> str:
    """Return the first of them, and how many more there are."""
    more = f" and {len(allowed) - _SHOWN} more" if len(allowed) > _SHOWN else ""
    return (", ".join(allowed[:_SHOWN]) + more) or "none"
