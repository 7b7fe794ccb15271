"""Times by the clocks of others: kubelet, controllers and API server each write their own into objects."""

from __future__ import annotations

from datetime import datetime, timedelta


def is_recent(moment: datetime, now: datetime, grace: timedelta) -> bool:
    """Return whether at most ``grace`` has passed since a moment that another machine's clock told.

    A moment that lies further ahead than ``grace`` is of a clock that is wrong: waiting for it could take hours.
    """
    return abs(now - moment) <= grace
