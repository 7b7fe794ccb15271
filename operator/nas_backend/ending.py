"""What a search that ends leaves in its bucket: if that fails, an Event says so, and the search ends all the same."""

from __future__ import annotations

import logging
from collections.abc import Awaitable

from nas_core.reasons import EventReason
from nas_core.records.search import ReadableSearch
from nas_plan.actions import EventDraft
from nas_storage.faults import StorageFault

logger = logging.getLogger(__name__)


async def left(
    writing: Awaitable[None],
    search: ReadableSearch,
    reason: EventReason,
    message: str,
    expected: tuple[type[Exception], ...] = (StorageFault,),
) -> EventDraft | None:
    """Wait until something is written; return the Event that says why it was not.

    Args:
        writing: writes it.
        search: the one that ends.
        reason: of the Event.
        message: of the Event, with ``{why}`` in it.
        expected: what it may raise that is no bug.
    """
    try:
        await writing
    except expected as fault:
        why = str(fault)
    except Exception as bug:
        # A plot that cannot be drawn, say, must not keep a search from its end.
        logger.exception("%s/%s: %s", *search.meta.key, reason)
        why = f"{type(bug).__name__}: {bug}; the log has more, please report it"
    else:
        return None
    return EventDraft.warning(reason, message.format(why=why))
