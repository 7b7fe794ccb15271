"""How long a look chooses new candidates, so that no plan takes long and other searches get their turn.

The next look chooses the rest. It comes at once, because the new trials trigger it. A strategy chooses one candidate
after the other, and each choice sees those before it: so nothing but the results that come in between tells whether
candidates were chosen at one look or at several, and in ordered mode nothing does.
"""

from __future__ import annotations

from collections.abc import Callable

SLICE_S = 2.0
"""Seconds for which a look begins to choose another candidate. A candidate that is begun is chosen to the end."""


class Slice:
    """The time that a look has for choosing; it begins when it is made."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """``clock``: seconds from any moment, which no change of the system's time disturbs."""
        self._clock, self._end = clock, clock() + SLICE_S

    @property
    def over(self) -> bool:
        """Whether the rest is for the next look."""
        return self._clock() >= self._end
