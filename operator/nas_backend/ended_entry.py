"""Puts the results of a search that ends into the knowledge base of its namespace."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from nas_core.layout import entry_key
from nas_core.reasons import EventReason
from nas_core.records.search import ReadableSearch
from nas_core.records.trial import TrialView
from nas_plan.actions import EventDraft
from nas_plan.knowledge.entry import entry_of
from nas_storage.faults import StorageFault

logger = logging.getLogger(__name__)


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
    try:
        if content := await asyncio.to_thread(entry_of, search, trials, now):
            await put(entry_key(search.storage.prefix, meta.namespace, meta.name, meta.uid, search.created), content)
    except StorageFault as fault:
        return _not_written(str(fault))
    except Exception as bug:
        # What is for later searches must not keep this one from its end.
        logger.exception("%s/%s: its entry in the knowledge base", *meta.key)
        return _not_written(f"{type(bug).__name__}: {bug}; the log has more, please report it")
    return None


def _not_written(why: str) -> EventDraft:
    message = f"the results were not put into the knowledge base: {why}; later searches can name this one"
    return EventDraft.warning(EventReason.KNOWLEDGE_NOT_WRITTEN, message)
