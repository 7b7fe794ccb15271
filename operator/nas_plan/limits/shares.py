"""Who gets the free slots of a namespace: those who have least, so that nobody waits for ever.

Slots are trials and GPUs at the same time, and GPU time of the month that is set aside. So one search has less than
another when its dominant share is less: the largest of its shares of the limits. What runs is never taken away; what
becomes free goes to who has least then, among equals to who was given something longest ago. Reference: Ghodsi et al.,
"Dominant Resource Fairness", NSDI 2011. With one limit, or trials without GPUs, this is max-min fairness.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import NamedTuple


class Slots(NamedTuple):
    """Trials and their GPUs."""

    trials: int = 0
    gpus: int = 0
    gpu_seconds: int = 0
    """That they may still use."""

    def plus(self, other: Slots, times: int = 1) -> Slots:
        """Return the sum with ``times`` the other."""
        return Slots(*(one + times * more for one, more in zip(self, other, strict=True)))


class Most(NamedTuple):
    """The limits, in the order of :class:`Slots`; None bounds nothing."""

    trials: int | None = None
    gpus: int | None = None
    gpu_seconds: int | None = None
    """Left of the month, what is set aside included."""


@dataclass(frozen=True)
class Claimant:
    """A search that may want more slots than it has."""

    uid: str
    has: Slots
    """What its trials hold, and what it has been given and not used yet."""
    need: Slots
    """What one more trial needs."""
    wants: int
    """Trials that it would start now, if there were room for all."""
    served: datetime
    """When a trial of it was started last, or when it was created."""


def hand_out(most: Most, in_use: Slots, claimants: Iterable[Claimant]) -> Mapping[str, int]:
    """Return how many trials each claimant may start now, by UID.

    Args:
        most: the limits.
        in_use: what is held in all, also by those who want nothing.
        claimants: those who want something.

    Whoever has least and does not fit, as it needs several GPUs and fewer are free, keeps those that are free: smaller
    trials of others would else take each one as it comes, for ever. GPU time of the month is no slot that comes back,
    so whoever lacks that keeps nothing.
    """
    waiting = list(claimants)
    free = [None if limit is None else limit - used for limit, used in zip(most, in_use, strict=True)]
    given = {one.uid: 0 for one in waiting}
    # One that fits nowhere waits for another limit, and keeps nothing from others until then.
    fitting = [one for one in waiting if one.wants > 0 and not any(map(_lacks, most, one.need))]
    # UIDs last: of equals one has to come first, in every look the same.
    heap = [(_share(most, one.has), one.served, one.uid, one) for one in fitting]
    heapq.heapify(heap)
    while heap:
        _, _, uid, one = heapq.heappop(heap)
        lacking = list(map(_lacks, free, one.need))
        if lacking[-1]:
            continue
        for place, needed in enumerate(one.need):
            left = free[place]
            if left is not None and (lacking[place] or not any(lacking)):
                free[place] = left - needed
        if any(lacking):
            continue
        given[uid] += 1
        if given[uid] < one.wants:
            heapq.heappush(heap, (_share(most, one.has.plus(one.need, given[uid])), one.served, uid, one))
    return given


def _lacks(left: int | None, needed: int) -> bool:
    return left is not None and 0 < needed > left


def _share(most: Most, has: Slots) -> Fraction:
    shares = (Fraction(used, limit) for used, limit in zip(has, most, strict=True) if limit)
    return max(shares, default=Fraction(0))
