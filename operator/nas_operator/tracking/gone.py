"""What servers are still to be told of searches that are deleted, or not tracked there any more: that they are over.

Kept in memory only, as nothing else of a deleted search is left: with a finalizer no search could be deleted while the
operator is away. So an operator that is killed forgets it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from nas_core.reasons import TrackingReason
from nas_operator.kube.store import SearchKey
from nas_operator.tracking.faults import TrackingFault
from nas_operator.tracking.pauses import Pauses

logger = logging.getLogger(__name__)

MOST, LIMIT_S, KEPT_S = 1000, 30.0, 86_400.0
"""Deliveries that are kept; seconds that one may take, and for which one is tried again."""


class Ending(Protocol):
    """What can be ended."""

    async def end(self, now: datetime) -> None:
        """Tell the server that the search is gone."""
        ...


class MadeFor(NamedTuple):
    """What a delivery is made for: another one of these needs another delivery."""

    uid: str
    """Of the search."""
    endpoint: str
    experiment: str
    """Empty for events."""


@dataclass(frozen=True)
class _Over:
    delivery: Ending
    made_for: MadeFor
    when: datetime
    since: float


class Gone:
    """Remembers deliveries that are over, and ends them."""

    def __init__(
        self, pauses: Pauses, allowed: Callable[[str, str], bool], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """``allowed`` says whether a namespace's policies let its searches be tracked by a server."""
        self._pauses, self._allowed, self._clock = pauses, allowed, clock
        self._of = defaultdict[SearchKey, list[_Over]](list)

    def add(self, key: SearchKey, made_for: MadeFor, delivery: Ending, now: datetime) -> None:
        """Remember a delivery that is over."""
        if sum(map(len, self._of.values())) >= MOST:
            logger.warning("tracking of %s/%s is over, and its run stays open: there are too many to be ended", *key)
        else:
            self._of[key].append(_Over(delivery, made_for, now, self._clock()))

    def take_back(self, key: SearchKey, made_for: MadeFor) -> None:
        """Forget one that goes on by another delivery."""
        if left := [one for one in self._of.pop(key, ()) if one.made_for != made_for]:
            self._of[key] = left

    async def end(self, key: SearchKey) -> float | None:
        """End what was of a search, as far as its servers answer; return the seconds after which to try the rest."""
        waits = list[float]()
        for one in self._of.pop(key, ()):
            of_server = (key[0], one.made_for.endpoint)
            if paused := self._pauses.of(of_server):
                wait = paused[1]
            elif not self._allowed(*of_server):
                continue
            else:
                try:
                    async with asyncio.timeout(LIMIT_S):
                        await one.delivery.end(one.when)
                    continue
                except TimeoutError:
                    fault = TrackingFault(TrackingReason.SERVER_UNREACHABLE, "it takes too long", of_server=True)
                except TrackingFault as error:
                    fault = error
                if not fault.of_server or self._clock() - one.since > KEPT_S:
                    logger.warning("tracking of %s/%s is over, and its run stays open: %s", *key, fault.message)
                    continue
                wait = self._pauses.failed(of_server, fault)
            self._of[key].append(one)
            waits.append(wait)
        return min(waits, default=None)
