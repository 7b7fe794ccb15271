"""Reads running pods and the Events of their namespace, beside the looks: no look waits for a pod that is gone.

A look starts the reading when it is due, and goes on. When the answers are there, the search is looked at again, and
that look takes them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from nas_core.records.job import JobView
from nas_core.records.pod import PodView
from nas_core.records.search import SearchView
from nas_operator.errors import OperatorError
from nas_operator.kube.client import EVENTS, Client, path
from nas_operator.kube.store import SearchKey
from nas_operator.searches.http_reader import HttpReader
from nas_operator.searches.latest_metrics import MetricsReader
from nas_plan.snapshot import LatestMetrics
from nas_plan.waiting import to_ask_of

logger = logging.getLogger(__name__)

PODS_ASKED, EVENTS_OF_A_POD = 4, 50
"""Pods that a look asks the Events of, and how many of each: those that wait wait for the same, as a rule."""
EVENTS_BYTES, EVENT_LENGTH = 1 << 20, 512
"""Bytes of an answer with Events, and characters that are kept of one: whoever may edit a namespace may write some."""
PODLESS_AGE = timedelta(seconds=2)
"""Age of a Job without a pod at which its Events are asked for the reason."""

Pods = Mapping[str, Sequence[PodView]]
"""By Job UID."""


@dataclass(frozen=True)
class Live:
    """The answers."""

    latest_metrics: LatestMetrics
    denied_pods: Mapping[str, str]
    """By Job UID: why Kubernetes does not create its pod."""
    pod_events: Mapping[str, str]
    """By pod UID: what Kubernetes says of a pod that has not started for long."""


class LiveReader:
    """Reads for one search at a time once; ``ready`` is called with the key of a search whose answers are there."""

    def __init__(
        self,
        client: Client,
        http: HttpReader,
        prometheus_url: str | None,
        ready: Callable[[SearchKey], None],
    ) -> None:
        self._client, self._http, self._ready = client, http, ready
        self._metrics = MetricsReader(prometheus_url)
        self._reading: dict[str, asyncio.Task[None]] = {}
        self._answers: dict[str, Live] = {}

    def start(self, search: SearchView, jobs: Sequence[JobView], pods: Pods, now: datetime) -> None:
        """Begin to read for a search with these current Jobs and pods, unless that is under way."""
        if search.meta.uid not in self._reading:
            reading = self._read(search, jobs, pods, now)
            self._reading[search.meta.uid] = asyncio.create_task(reading, name=f"live {search.meta.name}")

    def take(self, search_uid: str) -> Live | None:
        """Return answers that no look has taken yet."""
        return self._answers.pop(search_uid, None)

    def forget(self, search_uid: str) -> None:
        """Drop what belongs to a search that is gone."""
        if task := self._reading.pop(search_uid, None):
            task.cancel()
        self._answers.pop(search_uid, None)

    async def stop(self) -> None:
        """Give up what is under way."""
        for task in (tasks := list(self._reading.values())):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _read(self, search: SearchView, jobs: Sequence[JobView], pods: Pods, now: datetime) -> None:
        try:
            answers = await asyncio.gather(
                self._read_metrics(search, jobs, pods),
                self._read_denied_pods(search, jobs, pods, now),
                self._read_pod_events(search, jobs, pods, now),
            )
            self._answers[search.meta.uid] = Live(*answers)
            self._ready(search.meta.key)
        except Exception:
            # Nobody waits for this task; the next look that is due for it reads again.
            logger.exception("live values of %s/%s", *search.meta.key)
        finally:
            self._reading.pop(search.meta.uid, None)

    async def _read_metrics(self, search: SearchView, jobs: Sequence[JobView], pods: Pods) -> LatestMetrics:
        # Only the current attempts': the pod of an earlier one that still ends has nothing new to say. Of several pods
        # the first one alone tells.
        running = [pod for job in jobs for pod in pods.get(job.meta.uid, ()) if pod.runs and pod.node == 0]
        return await self._metrics.read(self._http, search.meta, running) if running else {}

    async def _read_denied_pods(
        self, search: SearchView, jobs: Sequence[JobView], pods: Pods, now: datetime
    ) -> dict[str, str]:
        """Return why Jobs that have waited for their pods do not have them (quota, Pod Security, webhooks)."""
        podless = {
            j.meta.uid
            for j in jobs
            if not j.finished
            and now - j.created > PODLESS_AGE
            and len({pod.node for pod in pods.get(j.meta.uid, ())}) < j.nodes
        }
        if not podless:
            return {}
        # The Job controller tells why it cannot create a pod only in an Event; the Job's status does not say.
        query = {"fieldSelector": "reason=FailedCreate,involvedObject.kind=Job", "limit": "500"}
        return {
            event["involvedObject"]["uid"]: event.get("message", "")[:EVENT_LENGTH]
            for event in await self._events(search.meta.namespace, query)
            if event["involvedObject"].get("uid") in podless
        }

    async def _read_pod_events(
        self, search: SearchView, jobs: Sequence[JobView], pods: Pods, now: datetime
    ) -> dict[str, str]:
        """Return what is said of pods that have not started for long (an image, a volume, a sandbox)."""
        waiting = [pod for job in jobs for pod in to_ask_of(pods.get(job.meta.uid, ()), now)][:PODS_ASKED]
        said = await asyncio.gather(*(self._newest_event(search, pod.meta.uid) for pod in waiting))
        return {pod.meta.uid: event for pod, event in zip(waiting, said, strict=True) if event}

    async def _newest_event(self, search: SearchView, pod_uid: str) -> str:
        query = {"fieldSelector": f"involvedObject.uid={pod_uid}", "limit": str(EVENTS_OF_A_POD)}
        found = await self._events(search.meta.namespace, query)
        # A warning says more than what goes as it should, and of these the last one.
        events = sorted(found, key=lambda e: (e.get("type") == "Warning", _seen(e)))
        return f"{events[-1].get('reason', '')}: {events[-1].get('message', '')}"[:EVENT_LENGTH] if events else ""

    async def _events(self, namespace: str, query: Mapping[str, str]) -> Sequence[Mapping[str, Any]]:
        """Return the Events that a query finds; none if they cannot be read."""
        try:
            answer = await self._client.request("GET", path(EVENTS, namespace), query=query, limit=EVENTS_BYTES)
        except OperatorError as error:
            logger.warning("events of namespace %s: %s", namespace, error)
            return ()
        items: Sequence[Mapping[str, Any]] = answer["items"]
        return items


def _seen(event: Mapping[str, Any]) -> str:
    """Return when an Event was last seen, as text that sorts by time."""
    return event.get("lastTimestamp") or event.get("eventTime") or event["metadata"].get("creationTimestamp") or ""
