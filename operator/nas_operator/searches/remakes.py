"""Jobs that somebody deletes are made again, each time after a longer pause: what deletes them may do so for ever.

In memory only: after a restart the first pause is short again. The applier asks before it makes a Job.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from nas_core.backoff import backoff
from nas_operator.newest import Newest

BASE_S, LIMIT_S = 1.0, 60.0
MOST_KEPT = 4096
"""Of the Jobs that were made last."""


@dataclass(frozen=True)
class _Made:
    times: int
    at: float


class Remakes:
    """By UID of a trial and attempt, how often its Job was made."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._made: Newest[tuple[str, int], _Made] = Newest(MOST_KEPT)

    def times(self, trial_uid: str, attempt: int) -> int:
        """Return how often the Job was made."""
        known = self._made.get((trial_uid, attempt))
        return known.times if known else 0

    def left(self, trial_uid: str, attempt: int) -> float:
        """Return the seconds until the Job may be made (again): 1, 2, 4 … 60 after it was."""
        known = self._made.get((trial_uid, attempt))
        return known.at + backoff(known.times, BASE_S, LIMIT_S) - self._clock() if known else 0.0

    def made(self, trial_uid: str, attempt: int) -> None:
        """Note that the Job is made."""
        self._made[trial_uid, attempt] = _Made(self.times(trial_uid, attempt) + 1, self._clock())

    def forget(self, trial_uid: str, attempt: int) -> None:
        """Forget a Job that the operator itself deletes."""
        self._made.pop((trial_uid, attempt), None)
