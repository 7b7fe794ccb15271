"""The newest values of running trials: one PromQL query a search, or a scrape of its pods when there is no Prometheus.

Shown in the status of running trials, and what early stopping goes by (`nas_plan.early_stopping`). No value means no
change, never a decision.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Iterable, Mapping

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from nas_core.contract import METRIC_FAMILY, METRICS_PORT
from nas_core.records.objects import PodView
from nas_plan.snapshot import LatestMetrics

logger = logging.getLogger(__name__)

TIMEOUT = aiohttp.ClientTimeout(total=3)
_PAGE_LIMIT = 1 << 20


def query(search_uid: str) -> str:
    """Return the PromQL expression for all newest values of a search.

    Its label names are the trials' own, so it holds with and without ``honorLabels``. Of a resumed trial the newest
    attempt wins: ``last_over_time`` keeps values for the two minutes in which a pod may have gone already.
    """
    return f'last_over_time({METRIC_FAMILY}{{nas_search_uid="{search_uid}"}}[2m])'


def newest(samples: Iterable[tuple[Mapping[str, str], float]]) -> dict[str, dict[str, float]]:
    """Group samples (labels, value) by trial and metric, keeping the highest attempt; not-finite values are dropped."""
    attempts: dict[str, int] = {}
    values: dict[str, dict[str, float]] = {}
    for labels, value in samples:
        trial, metric = labels.get("nas_trial"), labels.get("metric")
        if not trial or not metric or not math.isfinite(value):
            continue
        number = labels.get("nas_attempt", "0")
        attempt = int(number) if number.isdecimal() else 0
        if attempt < attempts.get(trial, 0):
            continue
        if attempt > attempts.get(trial, -1):
            attempts[trial], values[trial] = attempt, {}
        values[trial][metric] = value
    return values


class CurveReader:
    """Reads curves; faults are logged and give no values."""

    def __init__(self, prometheus_url: str | None) -> None:
        self._url = prometheus_url

    async def read(self, session: aiohttp.ClientSession, search_uid: str, pods: Iterable[PodView]) -> LatestMetrics:
        """Return the newest values of a search's running trials."""
        if self._url:
            return await self._ask(session, search_uid)
        running = [pod for pod in pods if pod.phase == "Running" and pod.ip]
        pages = await asyncio.gather(*(self._scrape(session, search_uid, pod) for pod in running))
        return newest(sample for page in pages for sample in page)

    async def _ask(self, session: aiohttp.ClientSession, search_uid: str) -> LatestMetrics:
        try:
            url = f"{self._url}/api/v1/query"
            async with session.post(url, data={"query": query(search_uid)}, timeout=TIMEOUT) as answer:
                answer.raise_for_status()
                result = (await answer.json())["data"]["result"]
            return newest((series["metric"], float(series["value"][1])) for series in result)
        except (aiohttp.ClientError, TimeoutError, LookupError, TypeError, ValueError) as error:
            logger.warning("no live metrics from Prometheus at %s: %s", self._url, error or type(error).__name__)
            return {}

    async def _scrape(
        self, session: aiohttp.ClientSession, search_uid: str, pod: PodView
    ) -> list[tuple[Mapping[str, str], float]]:
        try:
            host = f"[{pod.ip}]" if pod.ip and ":" in pod.ip else pod.ip
            async with session.get(f"http://{host}:{METRICS_PORT}/metrics", timeout=TIMEOUT) as answer:
                answer.raise_for_status()
                page = (await _bounded(answer.content)).decode(errors="replace")
            return [
                (sample.labels, sample.value)
                for family in text_string_to_metric_families(page)
                for sample in family.samples
                # A pod speaks only for itself: whatever it says of other trials or searches is dropped.
                if sample.name == METRIC_FAMILY
                and sample.labels.get("nas_search_uid") == search_uid
                and sample.labels.get("nas_trial") == pod.trial
            ]
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            logger.debug("no live metrics from pod %s: %s", pod.meta.name, error or type(error).__name__)
            return []


async def _bounded(stream: aiohttp.StreamReader) -> bytes:
    """Read a page a pod serves, but no more than 1 MiB: what runs there is the user's."""
    page = b""
    async for chunk in stream.iter_chunked(65_536):
        page += chunk
        if len(page) > _PAGE_LIMIT:
            raise ValueError("the metrics page is larger than 1 MiB")
    return page
