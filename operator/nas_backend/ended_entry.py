"""Puts the results of a search that ends into the knowledge base of its namespace."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from nas_backend.ending import left
from nas_core.layout import entry_key
from nas_core.reasons import EventReason
from nas_core.records.search import ReadableSearch
from nas_core.records.trial import TrialView
from nas_plan.actions import EventDraft
from nas_plan.knowledge.entry import entry_of


async def put_entry(
    search: ReadableSearch,
    trials: Sequence[TrialView],
    put: Callable[[str, bytes], Awaitable[None]],
    now: datetime,
) -> EventDraft | None:
    """Put the entry, unless the search opts out or has too few results; return the Event that says why it failed.

    Args:
        search: with a storage, and the status with which it ends.
        trials: all of the search, as they are on record.
        put: puts an object by its key, in the place of one that an earlier end has left.
        now: when the search ends.
    """
    assert search.storage is not None, "only with a storage there is a place for it"
    if not search.storage.knowledge:
        return None
    meta = search.meta
    key = entry_key(search.storage.prefix, meta.namespace, meta.name, meta.uid, search.created)

    async def write() -> None:
        if content := await asyncio.to_thread(entry_of, search, trials, now):
            await put(key, content)

    message = "the results were not put into the knowledge base: {why}; later searches can name this one"
    return await left(write(), search, EventReason.KNOWLEDGE_NOT_WRITTEN, message)
