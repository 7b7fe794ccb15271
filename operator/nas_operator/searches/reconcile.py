"""One look at one search: gather what exists, plan, apply. Called by the workers for each key the queue hands out."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import datetime

from nas_core.reasons import SearchReason
from nas_core.records.search import SearchView
from nas_operator.errors import (
    ApiDenied,
    ApiError,
    ApiUnreachable,
    LedgerUnreadable,
    LookTimedOut,
    OperatorError,
    PlanTooSlow,
    StatusDenied,
)
from nas_operator.kube.store import SearchKey
from nas_operator.kube.stores import Stores
from nas_operator.leadership.claims import Claims
from nas_operator.limits.reservations import Reservations
from nas_operator.searches.apply import Applier
from nas_operator.searches.delete import Deleter
from nas_operator.searches.gather import Gatherer
from nas_operator.searches.planner import Planned, Planner
from nas_operator.searches.priority_boosts import PriorityBoosts
from nas_operator.settings import Settings
from nas_plan.events import search_events
from nas_plan.preemption_cost import boosts
from nas_plan.search_status import explain_bug, report_denial, report_hold_up
from nas_plan.snapshot import Snapshot

logger = logging.getLogger(__name__)

LOOK_LIMIT_S = 120.0
"""Seconds that one look may take: one that waits for ever keeps a worker from everybody else."""
ROOM_S = 1.0
"""Seconds after which a search that finds no room for its plan is looked at if nobody has woken it."""
STATUS_INTERVAL_S = 1.0
"""Least seconds between two writes of a search's status that tell only new counts."""


class Reconciler:
    """Brings searches closer to what their specs ask for."""

    def __init__(
        self,
        stores: Stores,
        claims: Claims,
        gatherer: Gatherer,
        applier: Applier,
        planner: Planner,
        reservations: Reservations,
        boosts: PriorityBoosts,
        settings: Settings,
        now: Callable[[], datetime],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``now`` is the API server's time (`nas_operator.kube.server_clock`)."""
        self._stores, self._claims, self._gatherer, self._applier = stores, claims, gatherer, applier
        self._planner, self._reservations, self._settings = planner, reservations, settings
        self._boosts, self._now, self._clock = boosts, now, clock
        self._deleter = Deleter(stores, gatherer, applier, self._hold_up)
        self._refreshed: dict[SearchKey, float] = {}
        self._written: dict[SearchKey, float] = {}
        self._uids: dict[SearchKey, str] = {}

    async def reconcile(self, key: SearchKey) -> float | None:
        """Look at a search once; return the seconds after which to look again, None if only a change is worth it.

        Raises:
            Exception: to be tried again with a backoff. One that is no `OperatorError` is on record in the search's
                conditions.
        """
        search = self._stores.searches.get(*key)
        if search is None:
            self._forget(key)
            return None
        if self._uids.get(key) not in (None, search.meta.uid):
            # Deleted and made again under the same name, before a look has seen that it was gone.
            self._forget(key)
        self._uids[key] = search.meta.uid
        try:
            async with asyncio.timeout(LOOK_LIMIT_S) as limit:
                return await self._bring_closer(search)
        except (PlanTooSlow, StatusDenied, LedgerUnreadable) as error:
            # These do not pass by themselves, so the search has to say why it does not go on.
            await self._hold_up(search, error.reason, str(error))
            raise
        # Conflicts and faults of the API server pass, and its owner has no part in them.
        except OperatorError:
            raise
        except TimeoutError as late:
            # A TimeoutError of another origin, which nobody has turned into a fault: a bug like any other.
            if not limit.expired():
                await self._hold_up(search, *explain_bug(late))
                raise
            message = f"a look that took more than {LOOK_LIMIT_S:.0f} s was given up; it is tried again"
            await self._hold_up(search, LookTimedOut.reason, message)
            raise LookTimedOut(message) from late
        except Exception as bug:
            await self._hold_up(search, *explain_bug(bug))
            raise

    async def _bring_closer(self, search: SearchView) -> float | None:
        try:
            search = await self._claims.claim(search)
            if not search.meta.deleting:
                return await self._look(search)
            self._reservations.give_up(search)
            return await self._deleter.delete(search)
        except Exception as error:
            if not _may_start_more(error):
                self._reservations.give_up(search)
            raise

    async def _hold_up(self, search: SearchView, reason: SearchReason, message: str) -> None:
        """Let the search itself say why it does not go on: the operator's log is not for its owner's eyes."""
        now = self._now()
        # The look may have written before it failed: the store has the newest version.
        search = self._stores.searches.get(*search.meta.key) or search
        status = report_hold_up(search, reason, message, now)
        try:
            await self._applier.report(search, status, search_events(search.status, status), now)
        except OperatorError as error:
            logger.warning("%s/%s: its condition cannot be written: %s", *search.meta.key, error)

    async def _look(self, search: SearchView) -> float | None:
        started = self._clock()
        planned = self._planner.take(search)
        if planned is None:
            if not self._planner.has_room(search):
                return await self._wait_for_room(search)
            snapshot = await self._snapshot(search, started)
            if snapshot is None:
                return None  # its storage wakes it
            planned = await self._planner.plan(snapshot, self._settings.metrics_interval)
        return await (self._carry_out(planned, started) if planned else self._wait_for_room(search))

    async def _wait_for_room(self, search: SearchView) -> float:
        if blocked_by := self._planner.blocked_by(search):
            await self._hold_up(search, PlanTooSlow.reason, blocked_by)
        return ROOM_S

    async def _snapshot(self, search: SearchView, started: float) -> Snapshot | None:
        key = search.meta.key
        # Not 0 for "never": a monotonic clock may begin near 0 when the machine starts.
        refresh = started - self._refreshed.get(key, -1e9) >= self._settings.metrics_interval
        if refresh:
            # Before anything can fail: the answers wake the search, which would be its next look at once, for ever.
            self._refreshed[key] = started
        return await self._gatherer.snapshot(search, self._now(), refresh)

    async def _carry_out(self, planned: Planned, started: float) -> float | None:
        snapshot, actions = planned.snapshot, planned.actions
        search, now, key = snapshot.search, snapshot.now, snapshot.search.meta.key
        since = started - self._written.get(key, -1e9)
        write = actions.urgent or since >= STATUS_INTERVAL_S
        try:
            await self._applier.apply(search, actions, now, write)
        except ApiDenied as denial:
            if actions.status:
                status = report_denial(snapshot, actions.status, denial.reason, denial.condition_message)
                await self._applier.report(search, status, search_events(search.status, status), now)
            raise
        if actions.segment:
            self._gatherer.keep(search, actions.segment)
        self._reservations.settle(search, actions.held_back)
        if steps := self._settings.priority_boost_after:
            await self._boosts.write(search.meta, boosts(snapshot, steps))
        if write:
            self._written[key] = started
            return actions.requeue_after
        # What was not written now is written when the status has its turn.
        return min(actions.requeue_after or STATUS_INTERVAL_S, max(0.05, STATUS_INTERVAL_S - since))

    def _forget(self, key: SearchKey) -> None:
        self._refreshed.pop(key, None)
        self._written.pop(key, None)
        if uid := self._uids.pop(key, None):
            self._gatherer.forget(uid)
            self._planner.forget(uid)
            self._reservations.forget(key[0], uid)
            self._boosts.forget(uid)


def _may_start_more(error: Exception) -> bool:
    """Whether a look that failed keeps the slots that it was given.

    Its plan is still being made, or a Job may have been made that the store does not know of yet.
    """
    lost = isinstance(error, ApiError) and error.status >= 500
    return lost or isinstance(error, PlanTooSlow | ApiUnreachable)
