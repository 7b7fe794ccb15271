"""How long to wait before the next try: the one formula for all retries."""

from __future__ import annotations

_MOST_DOUBLINGS = 62


def backoff(failures: int, base_s: float, limit_s: float) -> float:
    """Return the seconds to wait after so many failures in a row: ``base_s``, doubled by each further one, at most
    ``limit_s``.
    """
    # The exponent is bounded, not only the result: 2.0 ** 1024 raises OverflowError before min() sees it.
    return min(limit_s, base_s * 2.0 ** min(max(0, failures - 1), _MOST_DOUBLINGS))
