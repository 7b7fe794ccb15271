"""The newest values of running trials: a PromQL query for some pods, or a scrape of each when there is no Prometheus.

The status of running trials shows them, and early stopping uses them (`nas_plan.early_stopping`). Without a value
nothing changes and nothing is decided. A pod's values count only for its own trial: the labels with a trial's name are
claims that any pod of the cluster can make.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nas_backend.metrics_page import PAGE_LIMIT, Sample, of_trial, samples
from nas_core.contract import METRIC_FAMILY, METRICS_PORT
from nas_core.records.metadata import Meta
from nas_core.records.pod import PodView
from nas_operator.errors import MetricsUnreadable
from nas_operator.searches.http_reader import HttpReader
from nas_plan.snapshot import LatestMetrics

logger = logging.getLogger(__name__)

PAGES_AT_ONCE = 16
"""Pods of a search that are read at the same time."""
PODS_A_QUERY, QUERIES_AT_ONCE = 64, 8
"""Pods that Prometheus is asked for at a time, and queries of all searches at the same time."""
ANSWER_LIMIT, ANSWER_LIMIT_A_POD = 256 * 1024, 32 * 1024
"""Bytes that an answer of Prometheus may have, and so many more for each pod that is asked for."""


def query(search: Meta, pods: Iterable[PodView]) -> str:
    """Return the PromQL expression for the newest values of some pods of a search.

    ``namespace`` and ``pod`` are labels of the target, which Prometheus sets itself: what other pods claim is not in
    the answer. The third is the trials' own and holds with and without ``honorLabels``. ``last_over_time`` keeps values
    for two minutes, however long the scrape interval is.
    """
    # In backticks nothing is escaped but by the regular expression, and a name has no other sign of one.
    names = "|".join(pod.meta.name.replace(".", r"\.") for pod in pods)
    target = f'namespace="{search.namespace}",pod=~`{names}`'
    return f'last_over_time({METRIC_FAMILY}{{{target},nas_search_uid="{search.uid}"}}[2m])'


class MetricsReader:
    """Reads the newest values; faults are logged and give none."""

    def __init__(self, prometheus_url: str | None) -> None:
        self._url = prometheus_url
        # Answers of a few hundred KiB are some MiB once they are parsed. However many searches run, few are in memory.
        self._asking, self._parsing = asyncio.Semaphore(QUERIES_AT_ONCE), asyncio.Lock()

    async def read(self, http: HttpReader, search: Meta, pods: Sequence[PodView]) -> LatestMetrics:
        """Return the newest values by trial, of the running ones of these pods: one for each trial."""
        running = [pod for pod in pods if pod.phase == "Running" and not pod.meta.deleting]
        if self._url:
            groups = [running[start : start + PODS_A_QUERY] for start in range(0, len(running), PODS_A_QUERY)]
            found = [one for group in groups for one in await self._ask(http, search, group)]
        else:
            gate = asyncio.Semaphore(PAGES_AT_ONCE)
            found = await asyncio.gather(*(self._scrape(http, gate, search.uid, pod) for pod in running if pod.ip))
        return {trial: values for trial, values in found if values}

    async def _ask(self, http: HttpReader, search: Meta, pods: Sequence[PodView]) -> list[tuple[str, dict[str, float]]]:
        try:
            limit = ANSWER_LIMIT + ANSWER_LIMIT_A_POD * len(pods)
            async with self._asking:
                content = await http.post(f"{self._url}/api/v1/query", limit, {"query": query(search, pods)})
                # In a thread: the event loop serves every other search.
                async with self._parsing:
                    return await asyncio.to_thread(_by_trial, content, search, pods)
        # Lookup and type errors: JSON of another form. RecursionError: JSON that is nested too deep.
        except (MetricsUnreadable, LookupError, TypeError, ValueError, RecursionError) as error:
            logger.warning("no live metrics from Prometheus at %s: %s", self._url, str(error) or type(error).__name__)
            return []

    async def _scrape(
        self, http: HttpReader, gate: asyncio.Semaphore, search_uid: str, pod: PodView
    ) -> tuple[str, dict[str, float]]:
        try:
            # An IPv6 address needs brackets in a URL (RFC 3986, section 3.2.2).
            host = f"[{pod.ip}]" if pod.ip and ":" in pod.ip else pod.ip
            async with gate:
                page = await http.get(f"http://{host}:{METRICS_PORT}/metrics", PAGE_LIMIT)
            found = await asyncio.to_thread(samples, page)
            return pod.trial, of_trial(found, pod.trial, search_uid)
        except MetricsUnreadable as error:
            logger.debug("no live metrics from pod %s: %s", pod.meta.name, error)
            return pod.trial, {}


def _by_trial(content: bytes, search: Meta, pods: Sequence[PodView]) -> list[tuple[str, dict[str, float]]]:
    """Return the values of each trial from the series of its pod in an answer of Prometheus."""
    by_pod: dict[str, list[Sample]] = {pod.meta.name: [] for pod in pods}
    for series in json.loads(content)["data"]["result"]:
        labels: Mapping[str, Any] = series["metric"]
        # Which pod a series comes from Prometheus says; whose it claims to be is looked at after that.
        if labels.get("namespace") == search.namespace and (name := labels.get("pod", "")) in by_pod:
            by_pod[name].append((labels, float(series["value"][1])))
    return [(pod.trial, of_trial(by_pod[pod.meta.name], pod.trial, search.uid)) for pod in pods]
