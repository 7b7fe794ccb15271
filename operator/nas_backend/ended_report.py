"""Makes the report of a search that ends, and puts it beside its objects."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from nas_backend.ending import left
from nas_core.layout import report_key, storage_location
from nas_core.reasons import EventReason
from nas_core.records.search import ReadableSearch
from nas_core.records.trial import TrialView
from nas_plan.actions import EventDraft
from nas_report import report_page
from nas_report.javascript import JavaScriptMissing, vega
from nas_storage.faults import StorageFault


async def put_report(
    search: ReadableSearch,
    trials: Sequence[TrialView],
    put: Callable[[str, bytes], Awaitable[None]],
    now: datetime,
) -> str | EventDraft:
    """Put the report; return its address, or the Event that says why there is none.

    Args:
        search: with a storage, and the status with which it ends.
        trials: all of the search, as they are on record.
        put: puts an object by its key.
        now: when the report is made.
    """
    assert search.storage is not None, "only with a storage there is a place for it"

    def make() -> bytes:
        return report_page(search, search.spec, trials, vega(), now).encode()

    key = report_key(storage_location(search.meta, search.storage).root)

    async def write() -> None:
        await put(key, await asyncio.to_thread(make))

    message = "the report was not written: {why}; make it any time: nasctl report SEARCH"
    failed = await left(write(), search, EventReason.REPORT_NOT_WRITTEN, message, (StorageFault, JavaScriptMissing))
    return failed or f"s3://{search.storage.bucket}/{key}"
