"""The newest metrics of running attempts, read from the page that each serves on this machine."""

from __future__ import annotations

import asyncio
import http.client
from collections.abc import Mapping, Sequence

from nas_backend.metrics_page import PAGE_LIMIT, of_trial, samples
from nas_local.attempts import Attempt

TIMEOUT_S = 2.0


async def latest_metrics(attempts: Sequence[Attempt], search_uid: str) -> Mapping[str, Mapping[str, float]]:
    """Return the newest values by trial; of one that cannot be asked there are none."""
    asked = [attempt for attempt in attempts if attempt.metrics_port is not None]
    pages = await asyncio.gather(*(asyncio.to_thread(_read, attempt.metrics_port or 0) for attempt in asked))
    found = {
        a.job.trial: of_trial(samples(page), a.job.trial, search_uid) for a, page in zip(asked, pages, strict=True)
    }
    return {trial: values for trial, values in found.items() if values}


def _read(port: int) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/metrics")
        return connection.getresponse().read(PAGE_LIMIT)
    except (OSError, http.client.HTTPException):
        return b""
    finally:
        connection.close()
