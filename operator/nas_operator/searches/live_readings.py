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

from nas_core.records.objects import JobView, PodView, SearchView
from nas_operator.errors import OperatorError
from nas_operator.kube.client import EVENTS, Client, path
from nas_operator.kube.store import SearchKey
from nas_operator.searches.http_reader import HttpReader
from nas_operator.searches.latest_metrics import MetricsReader
from nas_plan.snapshot import LatestMetrics

logger = logging.getLogger(__name__)

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
            latest, denied = await asyncio.gather(
                self._read_metrics(search, jobs, pods), self._read_denied_pods(search, jobs, pods, now)
            )
            self._answers[search.meta.uid] = Live(latest, denied)
            self._ready(search.meta.key)
        except Exception:
            # Nobody waits for this task; the next look that is due for it reads again.
            logger.exception("live values of %s/%s", *search.meta.key)
        finally:
            self._reading.pop(search.meta.uid, None)

    async def _read_metrics(self, search: SearchView, jobs: Sequence[JobView], pods: Pods) -> LatestMetrics:
        # Only the current attempts': the pod of an earlier one that still ends has nothing new to say.
        running = [pod for job in jobs for pod in pods.get(job.meta.uid, ()) if pod.phase == "Running"]
        return await self._metrics.read(self._http, search.meta, running) if running else {}

    async def _read_denied_pods(
        self, search: SearchView, jobs: Sequence[JobView], pods: Pods, now: datetime
    ) -> dict[str, str]:
        """Return why Jobs that have waited for a pod have none (quota, Pod Security, webhooks)."""
        podless = {
            j.meta.uid for j in jobs if not j.finished and not pods.get(j.meta.uid) and now - j.created > PODLESS_AGE
        }
        if not podless:
            return {}
        try:
            # The Job controller tells why it cannot create a pod only in an Event; the Job's status does not say.
            query = {"fieldSelector": "reason=FailedCreate,involvedObject.kind=Job", "limit": "500"}
            answer = await self._client.request("GET", path(EVENTS, search.meta.namespace), query=query)
        except OperatorError as error:
            logger.warning("events of namespace %s: %s", search.meta.namespace, error)
            return {}
        return {
            event["involvedObject"]["uid"]: event.get("message", "")
            for event in answer["items"]
            if event["involvedObject"].get("uid") in podless
        }
