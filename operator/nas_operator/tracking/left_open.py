"""Ends runs that nobody has ended: those of searches that were deleted while no operator was there to see it.

The servers themselves are asked, when an operator has become the leader and seldom afterwards: nothing on the cluster
remembers such a search. Several clusters may share a server, with namespaces of the same names. So each run carries the
UID of its cluster, and before a run is ended the API server is asked whether its search is there. A killed operator
loses nothing: the next one asks the same.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable

from nas_core.backoff import backoff
from nas_core.reasons import TrackingReason
from nas_operator.errors import ApiError, OperatorError
from nas_operator.kube.client import SEARCHES, Client, path
from nas_operator.kube.stores import Stores
from nas_operator.limits.endpoints import PoliciesOf, tracking_refusal
from nas_operator.settings import Settings
from nas_operator.tracking.delivery import each
from nas_operator.tracking.faults import TrackingFault
from nas_operator.tracking.http import TrackingHttp
from nas_operator.tracking.mlflow import Mlflow, OpenRun
from nas_operator.tracking.secret import headers_for
from nas_plan.tracking.places import Place, places
from nas_plan.tracking.run import RunStatus

logger = logging.getLogger(__name__)

FIRST_S, EVERY_S, RETRY_S = 10.0, 6 * 3600.0, 30.0
"""Seconds until the first look, by when the searches are known, until the next, and until the next after a fault: twice
as many after each further one.
"""
MOST, PLACE_LIMIT_S = 1000, 60.0
"""Places that are asked in one look; in one of them, runs that are ended, and searches that are looked for; and the
seconds that it may take.
"""
_SEARCH = re.compile(r"([a-z0-9-]{1,63})/([a-z0-9-]{1,63})")


def cluster_uid(stores: Stores) -> str | None:
    """Return the UID of the cluster; None if it is not known.

    It is that of the namespace kube-system, as OpenTelemetry's ``k8s.cluster.uid``: every cluster has one, and
    Kubernetes lets nobody delete it.
    """
    found = stores.namespaces.get("", "kube-system")
    return found.meta.uid if found else None


class LeftOpen:
    """Looks for runs at all servers that are known."""

    def __init__(
        self,
        client: Client,
        stores: Stores,
        policies_of: PoliciesOf,
        http: TrackingHttp,
        settings: Settings,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._client, self._stores, self._policies_of = client, stores, policies_of
        self._http, self._settings, self._sleep = http, settings, sleep

    async def run(self) -> None:
        """Look for ever."""
        await self._sleep(FIRST_S)
        failures = 0
        while True:
            failures = 0 if await self.look() else failures + 1
            await self._sleep(backoff(failures, RETRY_S, EVERY_S) if failures else EVERY_S)

    async def look(self) -> bool:
        """End what is to be ended; return whether all was, so that the next look has time."""
        cluster = cluster_uid(self._stores)
        if cluster is None:
            return False
        served = self._settings.namespaces or [one.meta.name for one in self._stores.namespaces.all()]
        known = places(self._settings.tracking_default, self._stores.searches.all(), served)
        if len(known) > MOST:
            logger.warning("runs of deleted searches are not looked for at %d places", len(known) - MOST)
        away, locked, done = set[str](), set[str](), True
        for place in known[:MOST]:
            endpoint = place.server.endpoint
            if endpoint in away or (place.namespace and not self._allowed(place.namespace, endpoint)):
                continue
            try:
                async with asyncio.timeout(PLACE_LIMIT_S):
                    done = await self._end(place, cluster) and done
            except TrackingFault as fault:
                if fault.reason == TrackingReason.TRACKING_SECRET_UNUSABLE:
                    locked.add(place.namespace)
                    continue
                logger.warning("runs of deleted searches at %s: %s", endpoint, fault.message)
                if fault.of_server:
                    away.add(endpoint)
            except TimeoutError:
                logger.warning("runs of deleted searches at %s: not all within %.0f s", endpoint, PLACE_LIMIT_S)
                away.add(endpoint)
            except OperatorError as error:
                logger.warning("runs of deleted searches of namespace %s: %s", place.namespace, error)
                done = False
        if locked:
            names = ", ".join(sorted(locked)[:10])
            logger.info("%d namespaces have no Secret to look for runs of deleted searches: %s", len(locked), names)
        return done and not away

    def _allowed(self, namespace: str, endpoint: str) -> bool:
        """Whether a search of a namespace may be tracked there; a namespace that is gone has no policies."""
        if self._stores.namespaces.get("", namespace) is None:
            return True
        return tracking_refusal(self._policies_of(namespace), "", endpoint) is None

    async def _end(self, place: Place, cluster: str) -> bool:
        """End what is to be ended in one place; return whether that was all."""
        headers = await headers_for(self._client, place.namespace, place.server, self._settings)
        server = Mlflow(self._http, place.server.endpoint, headers)
        there = {search.meta.uid for search in self._stores.searches.all() if not search.meta.deleting}
        gone, runs, refused = dict[tuple[str, str], bool](), list[OpenRun](), list[TrackingFault]()
        async for run in server.open_runs(cluster):
            if max(len(runs), len(gone)) == MOST:
                break
            of_search = run.search, run.search_uid
            if run.search_uid not in there and of_search not in gone:
                gone[of_search] = await self._is_gone(place, *of_search)
            if gone.get(of_search):
                runs.append(run)
        now = self._client.clock.now()

        async def kill(run: OpenRun) -> None:
            try:
                await server.stand(run.run_id, RunStatus.KILLED, now)
            except TrackingFault as fault:
                # What may not be changed must not keep the others open.
                if fault.of_server:
                    raise
                refused.append(fault)

        await each(runs, kill)
        if runs:
            ended = len(runs) - len(refused)
            logger.info("ended %d runs of deleted searches at %s", ended, place.server.endpoint)
        if refused:
            logger.warning("%d runs of deleted searches stay open: %s", len(refused), refused[0].message)
        return max(len(runs), len(gone)) < MOST

    async def _is_gone(self, place: Place, search: str, uid: str) -> bool:
        """Whether a search is to be asked for in a place, and is not there any more."""
        found = _SEARCH.fullmatch(search)
        if not found or not uid:
            return False
        namespace, name = found.groups()
        if place.namespace not in ("", namespace) or namespace not in (self._settings.namespaces or [namespace]):
            return False
        if not place.namespace and not self._allowed(namespace, place.server.endpoint):
            return False
        try:
            # Not the store: it may not have heard yet of one that is new.
            raw = await self._client.get(path(SEARCHES, namespace, name))
        except ApiError as error:
            if error.status == 404:
                return True
            raise
        return bool(raw["metadata"]["uid"] != uid or raw["metadata"].get("deletionTimestamp"))
