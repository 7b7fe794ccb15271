"""Reads the knowledge base of a search's namespace, beside the looks, before its first candidate.

What was chosen is remembered until the search has begun, so that one which waits for something else reads it once. A
restart reads again, and takes no more than what is not on record yet (`nas_plan.knowledge.nearest`).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from nas_core.history import Earlier
from nas_core.layout import IMPORTED, imported_key, knowledge_prefix
from nas_core.records.knowledge import ENTRY_LIMIT, MOST_READ, EntryInvalid
from nas_core.records.search import ReadableSearch, SearchView
from nas_core.records.trial import TrialView
from nas_operator.beside import Beside
from nas_operator.kube.store import SearchKey
from nas_operator.storage.ledgers import ObjectsOf
from nas_plan.knowledge.imported import imported, imports_unread
from nas_plan.knowledge.nearest import NearestEntries, still_wanted
from nas_plan.shared_weights import Refusal
from nas_storage.faults import ObjectTooLarge

logger = logging.getLogger(__name__)

READING_S = 60.0
"""Seconds after which a search begins with what has been read: a slow storage must not keep it for long."""


class KnowledgeReader:
    """Reads entries. ``ready`` gets the key of a search whose answer came after its look."""

    def __init__(self, objects_of: ObjectsOf, ready: Callable[[SearchKey], None]) -> None:
        self._objects_of = objects_of
        self._reading: Beside[tuple[Earlier, ...] | Refusal] = Beside(ready)
        self._known: dict[str, tuple[str | None, tuple[Earlier, ...]]] = {}
        """By UID: for which spec, and what was chosen."""

    def forget(self, search_uid: str) -> None:
        """Drop what is remembered of a search that is gone."""
        self._known.pop(search_uid, None)
        self._reading.forget(search_uid)

    async def stop(self) -> None:
        """Give up what is under way."""
        await self._reading.stop()

    async def add(self, search: ReadableSearch, trials: Sequence[TrialView]) -> SearchView:
        """Return a search with the entries that it begins with, as it is if it asks for none or they are being read.

        If one that it names cannot be used, it is returned as one that cannot be read.

        Raises:
            StorageFault: if they cannot be read.
        """
        uid = search.meta.uid
        if not still_wanted(search, trials) and not imports_unread(search, trials):
            if search.begun:
                self._known.pop(uid, None)
            return search
        asked, found = self._known.get(uid, (None, None))
        if found is None or asked != search.asked:
            answer = await self._reading.ask(search, partial(self._read, search, trials))
            if answer is None:
                return search
            if isinstance(answer, Refusal):
                return search.unreadable(answer.message, answer.reason)
            found = answer
            self._known[uid] = search.asked, found
        return replace(search, earlier=(*search.earlier, *found), knowledge_read=True)

    async def _read(self, search: ReadableSearch, trials: Sequence[TrialView]) -> tuple[Earlier, ...] | Refusal:
        storage = search.storage
        assert storage is not None, "the schema wants a storage with warmStart.knowledge"
        objects = await self._objects_of(search, storage)
        taken = []
        for name in imports_unread(search, trials):
            key = imported_key(storage.prefix, search.meta.namespace, name)
            try:
                content = await objects.get(key, ENTRY_LIMIT)
            except ObjectTooLarge:
                content = b""  # no entry either
            one = await asyncio.to_thread(imported, search, name, content)
            if isinstance(one, Refusal):
                return one
            taken.append(one)
        if not still_wanted(search, trials):
            return tuple(taken)
        nearest, begun = NearestEntries(search, trials), time.monotonic()
        prefix = knowledge_prefix(storage.prefix, search.meta.namespace)
        keys = [key for key in await objects.first_keys(prefix) if not key.startswith(f"{prefix}{IMPORTED}")]
        for key in keys[:MOST_READ]:
            if time.monotonic() - begun > READING_S:
                logger.warning("%s/%s: entries from %s on are too slow to read", *search.meta.key, key)
                break
            try:
                content = await objects.get(key, ENTRY_LIMIT)
                if content is not None:
                    # In a thread: one of 512 KiB takes some hundredths of a second, which nobody else is to wait for.
                    await asyncio.to_thread(nearest.take, content)
            except (EntryInvalid, ObjectTooLarge) as fault:
                # Anybody who can write to the bucket can put one there.
                logger.warning("%s/%s: %s is no entry of a knowledge base: %s", *search.meta.key, key, fault)
        return (*taken, *nearest.found())
