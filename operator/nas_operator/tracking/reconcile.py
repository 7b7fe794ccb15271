"""One look at the tracking of one search: what has happened, what the server has, bring the rest. Called by workers of
its own for each search that has changed.

What is to be delivered follows from the search and its trials, and what has been delivered is asked of the server. So
there is no list of messages that could be lost, and a server that was away for an hour gets all of it. A fault is the
condition Tracked of the search, which goes on; after it nothing is sent for a while. A look takes a worker for
`LOOK_LIMIT_S` at most, and the searches of one namespace take `NAMESPACE_LOOKS` of them.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from nas_core.api.base import api_name
from nas_core.api.search_status import NASSearchStatus
from nas_core.api.tracking import MlflowTracking, ServerStatus, Tracking, TrackingServer, TrackingStatus
from nas_core.reasons import TrackingReason
from nas_core.records.model import ModelView
from nas_core.records.search import ReadableSearch, SearchView
from nas_operator.errors import LedgerNotRead, LedgerUnreadable
from nas_operator.kube.client import SEARCHES, Client, path
from nas_operator.kube.merge_patch import merge_patch
from nas_operator.kube.store import SearchKey
from nas_operator.kube.stores import Stores
from nas_operator.kube.writes import Writer
from nas_operator.leadership.claims import Claims
from nas_operator.limits.endpoints import PoliciesOf, tracking_refusal
from nas_operator.settings import Settings
from nas_operator.tracking.cloud_events import EventsDelivery
from nas_operator.tracking.delivery import MlflowDelivery
from nas_operator.tracking.faults import TrackingFault
from nas_operator.tracking.gone import Gone, MadeFor
from nas_operator.tracking.http import TrackingHttp
from nas_operator.tracking.left_open import cluster_uid
from nas_operator.tracking.pauses import Pauses
from nas_operator.tracking.secret import headers_for
from nas_operator.trials import Trials
from nas_plan.tracking.condition import has_news, is_tracked, looked_at, settled, untracked
from nas_plan.tracking.record import Record

logger = logging.getLogger(__name__)

LOOK_LIMIT_S, NAMESPACE_LOOKS = 60.0, 4
INTERVAL_S, COUNT_INTERVAL_S = 2.0, 10.0
"""Least seconds between two looks at a search, and between two writes of its status that tell only another count."""
RUNNING_S = 10.0
"""Seconds until the next look at a search with running trials, whose epochs alone wake nobody."""
TRIALS_A_SECOND = 1000
"""Trials of a search for which looks are a second further apart: each goes through all of them."""
FIELDS = ("conditions", "tracking")
"""Fields of the status that are written here."""
LEDGER_S = 10.0
"""Seconds until the next look when trials are in a ledger that has not been read."""


class Delivery(Protocol):
    """Brings one search to one server, and remembers what that has."""

    async def deliver(self, record: Record, headers: Mapping[str, str]) -> tuple[ServerStatus, int]:
        """Bring what the server lacks; return what it has then, and how much is left."""
        ...

    async def end(self, now: datetime) -> None:
        """Tell the server that the search is gone."""
        ...


@dataclass(frozen=True)
class _Brought:
    """What became of one server in a look."""

    there: ServerStatus | None = None
    left: int = 0
    fault: TrackingFault | None = None
    wait: float = 0.0
    """After a fault: seconds until the next try."""


class Tracker:
    """Brings searches to the servers of their specs, or of the platform's default."""

    def __init__(
        self,
        client: Client,
        stores: Stores,
        trials: Trials,
        claims: Claims,
        policies_of: PoliciesOf,
        http: TrackingHttp,
        settings: Settings,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client, self._stores, self._trials, self._claims = client, stores, trials, claims
        self._policies_of, self._http, self._settings, self._clock = policies_of, http, settings, clock
        self._writer, self._pauses = Writer(client), Pauses(clock)
        self._gone = Gone(self._pauses, lambda *of: tracking_refusal(policies_of(of[0]), "", of[1]) is None, clock)
        self._deliveries: dict[SearchKey, dict[str, tuple[MadeFor, Delivery]]] = {}
        """By field, with what each was made for: another UID, server or experiment needs another one."""
        self._looked: dict[SearchKey, float] = {}
        self._wrote: dict[SearchKey, float] = {}
        self._looks = Counter[str]()
        """Looks under way, by namespace."""

    async def reconcile(self, key: SearchKey) -> float | None:
        """Look at a search once; return the seconds after which to look again, None if only a change is worth it.

        Raises:
            OperatorError: to be tried again with a backoff.
        """
        found = self._stores.searches.get(*key)
        search = None if found is None or found.meta.deleting else found
        if search is None or any(made_for.uid != search.meta.uid for made_for, _ in self._known(key)):
            self._forget(key)
        again = await self._look_at(search) if search else None
        # What was forgotten, now or in an earlier look, is ended at its server.
        return min((wait for wait in (again, await self._gone.end(key)) if wait is not None), default=None)

    async def _look_at(self, search: SearchView) -> float | None:
        key = search.meta.key
        # What cannot be read stays as it is shown.
        if not isinstance(search, ReadableSearch) or not self._claims.holds(search):
            return None
        asked = self._asked(search)
        if asked is None or not any(_servers(asked)):
            self._forget(key)
            if is_tracked(search.status):
                await self._write(search, untracked(search.status))
            return None
        if settled(search, asked, self._models_of(search)):
            self._forget(key)
            return None
        if not search.begun:
            return None
        early = (
            INTERVAL_S + search.status.trials.total / TRIALS_A_SECOND - (self._clock() - self._looked.get(key, -1e9))
        )
        if early > 0:
            return early
        if self._looks[key[0]] >= NAMESPACE_LOOKS:
            return INTERVAL_S
        self._looks[key[0]] += 1
        try:
            return await self._look(search, asked)
        finally:
            self._looked[key] = self._clock()
            self._looks[key[0]] -= 1

    async def _look(self, search: ReadableSearch, asked: Tracking) -> float | None:
        try:
            trials = self._trials.of(search)
        except (LedgerNotRead, LedgerUnreadable):
            return LEDGER_S
        record = Record(search, trials, self._models_of(search), self._client.clock.now())
        servers = dict(_servers(asked))
        known = self._deliveries.get(search.meta.key, {})
        for field in known.keys() - servers.keys():
            self._let_go(search.meta.key, *known.pop(field))
        # Side by side: one that is away must not keep the other from being told.
        ends = await asyncio.gather(
            *(self._bring(record, *server) for server in servers.items()), return_exceptions=True
        )
        brought = [one for one in ends if isinstance(one, _Brought)]
        # Not before both have ended: what goes on would bring the same things as the next look.
        if failed := next((one for one in ends if isinstance(one, BaseException)), None):
            raise failed
        newest = self._newest(search)
        if newest is None:
            return None
        before = newest.status.tracking or TrackingStatus()
        there = {
            field: one.there or _of(before, field, servers[field]) for field, one in zip(servers, brought, strict=True)
        }
        faults = {
            api_name(field): (str(one.fault.reason), one.fault.message)
            for field, one in zip(servers, brought, strict=True)
            if one.fault
        }
        left = sum(one.left for one in brought)
        status = looked_at(newest, TrackingStatus(**there), left, faults, self._client.clock.now())
        waits = [one.wait for one in brought if one.fault] + [INTERVAL_S] * (left > 0)
        if asked.mlflow and newest.status.trials.running:
            waits.append(RUNNING_S)
        late = COUNT_INTERVAL_S - (self._clock() - self._wrote.get(search.meta.key, -1e9))
        if late <= 0 or has_news(newest.status, status):
            await self._write(newest, status)
        elif status.tracking != newest.status.tracking:
            waits.append(late)
        return min(waits, default=None)

    async def _bring(self, record: Record, field: str, asked: TrackingServer) -> _Brought:
        """Bring what one server lacks; nothing after a fault, for a while."""
        search = record.search
        of_search = (search.meta.uid, search.generation, field)
        of_server = (search.meta.namespace, asked.endpoint)
        of_secret = (*of_server, asked.secret_ref.name if asked.secret_ref else "")
        if paused := self._pauses.of(of_search, of_server, of_secret):
            return _Brought(fault=paused[0], wait=paused[1])
        policies = self._policies_of(search.meta.namespace)
        where = (
            f"{'spec.tracking' if search.spec.tracking is not None else 'tracking.default'}.{api_name(field)}.endpoint"
        )
        if why := tracking_refusal(policies, where, asked.endpoint):
            return self._failed(search, of_search, TrackingFault(TrackingReason.TRACKING_ENDPOINT_NOT_ALLOWED, why))
        try:
            async with asyncio.timeout(LOOK_LIMIT_S):
                headers = await headers_for(self._client, search.meta.namespace, asked, self._settings)
                there, left = await self._delivery(search, field, asked).deliver(record, headers)
        except TrackingFault as fault:
            # A Secret that is not there is not asked for by each search of its namespace.
            of_its = of_secret if fault.reason == TrackingReason.TRACKING_SECRET_UNUSABLE else of_search
            return self._failed(search, of_server if fault.of_server else of_its, fault)
        except TimeoutError:
            message = f"the server has not taken what there is within {LOOK_LIMIT_S:.0f} s; it is tried again"
            return self._failed(search, of_search, TrackingFault(TrackingReason.SERVER_UNREACHABLE, message))
        self._pauses.succeeded(of_search, of_server, of_secret)
        return _Brought(there, left)

    def _failed(self, search: ReadableSearch, key: object, fault: TrackingFault) -> _Brought:
        logger.warning("tracking of %s/%s: %s: %s", *search.meta.key, fault.reason, fault.message)
        return _Brought(fault=fault, wait=self._pauses.failed(key, fault))

    def _asked(self, search: ReadableSearch) -> Tracking | None:
        # One that is empty is the search's own: it is not tracked.
        own = search.spec.tracking
        return own if own is not None else self._settings.tracking_default.of(search)

    def _delivery(self, search: ReadableSearch, field: str, asked: TrackingServer) -> Delivery:
        experiment = ""
        if isinstance(asked, MlflowTracking):
            experiment = asked.experiment or f"{search.meta.namespace}/{search.meta.name}"
        made_for = MadeFor(search.meta.uid, asked.endpoint, experiment)
        known = self._deliveries.setdefault(search.meta.key, {})
        if field not in known or known[field][0] != made_for:
            delivery: Delivery = EventsDelivery(self._http, asked.endpoint)
            if experiment:
                cluster = cluster_uid(self._stores)
                delivery = MlflowDelivery(self._http, asked.endpoint, search.meta.uid, experiment, cluster)
            if field in known:
                self._let_go(search.meta.key, *known[field])
            self._gone.take_back(search.meta.key, made_for)
            known[field] = made_for, delivery
        return known[field][1]

    def _models_of(self, search: SearchView) -> list[ModelView]:
        return [model for model in self._stores.models.all() if model.meta.namespace == search.meta.namespace]

    def _newest(self, search: ReadableSearch) -> ReadableSearch | None:
        newest = self._stores.searches.get(*search.meta.key)
        if not isinstance(newest, ReadableSearch) or newest.meta.uid != search.meta.uid:
            return None
        return newest if newest.generation == search.generation else None

    async def _write(self, search: ReadableSearch, status: NASSearchStatus) -> None:
        # Only what is of the tracking: the rest is for the search's own look.
        parts = [{name: one[name] for name in FIELDS if name in one} for one in (search.raw_status, status.to_dict())]
        patch = merge_patch(*parts)
        if not patch:
            return
        # With the version: if the search's own look was faster, the next look of this one decides anew.
        body = {"metadata": {"resourceVersion": str(search.meta.resource_version)}, "status": patch}
        self._stores.searches.put(await self._writer.patch(path(SEARCHES, *search.meta.key, "status"), body))
        self._wrote[search.meta.key] = self._clock()

    def _known(self, key: SearchKey) -> list[tuple[MadeFor, Delivery]]:
        return list(self._deliveries.get(key, {}).values())

    def _forget(self, key: SearchKey) -> None:
        for made_for, delivery in self._known(key):
            self._let_go(key, made_for, delivery)
        for known in (self._deliveries, self._looked, self._wrote):
            known.pop(key, None)

    def _let_go(self, key: SearchKey, made_for: MadeFor, delivery: Delivery) -> None:
        self._gone.add(key, made_for, delivery, self._client.clock.now())


def _servers(asked: Tracking) -> Iterator[tuple[str, TrackingServer]]:
    """Yield the servers that are asked for, by their fields."""
    found = {"mlflow": asked.mlflow, "cloud_events": asked.cloud_events}
    yield from ((field, server) for field, server in found.items() if server)


def _of(known: TrackingStatus, field: str, asked: TrackingServer) -> ServerStatus | None:
    """Return what a server is known to have, None if it is another one's."""
    there: ServerStatus | None = getattr(known, field)
    return there if there and there.endpoint == asked.endpoint else None
