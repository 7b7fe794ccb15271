"""The ledgers of searches, read once and kept in memory: reads and writes their segments beside the looks.

What the status of a search names is what counts. A segment that was put becomes part of the ledger when the status that
names it has been written (`nas_plan.trial_ledger`); after a restart all is read again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from nas_core.api.search_status import LedgerStatus
from nas_core.api.storage import Storage
from nas_core.layout import ledger_head_key, storage_location
from nas_core.records.ledger import STORED_LIMIT, LedgerDamaged, LedgerReader, Segment, hash_of
from nas_core.records.search import SearchView
from nas_core.records.trial import TrialView
from nas_operator.beside import Beside
from nas_operator.errors import LedgerNotRead, LedgerUnreadable
from nas_operator.kube.store import SearchKey
from nas_operator.storage.objects import Objects
from nas_plan.snapshot import KeptTrials
from nas_storage.faults import ObjectTooLarge, StorageFault

ObjectsOf = Callable[[SearchView, Storage], Awaitable[Objects]]
"""Returns the objects of a search's bucket, or raises a `StorageFault`."""


@dataclass
class _Known:
    """What is known of one search's ledger."""

    head: LedgerStatus | None = None
    trials: dict[str, TrialView] = field(default_factory=dict)
    """By name: those of the ledger that ``head`` stands for."""
    putting: Segment | None = None
    put: bool = False
    """Whether that segment is in the bucket, and waits for the status that names it."""

    def written(self, head: LedgerStatus) -> Segment | None:
        """Return the segment in the bucket with which this ledger is the one that ``head`` stands for, if it is."""
        segment = self.putting if self.put else None
        return segment if segment and segment.after == head and segment.before == self.head else None


class Ledgers:
    """Reads and writes ledgers. ``ready`` gets the key of a search whose answer came after its look."""

    def __init__(self, objects_of: ObjectsOf, ready: Callable[[SearchKey], None]) -> None:
        self._objects_of = objects_of
        self._known: dict[str, _Known] = {}
        """By UID."""
        self._reading: Beside[_Known] = Beside(ready)
        self._putting: Beside[bool] = Beside(ready)
        self._writes: dict[str, asyncio.Task[bool]] = {}
        """By UID: the newest write, also one for which nobody waits any more."""

    def forget(self, search_uid: str) -> None:
        """Drop what is remembered of a search that is gone."""
        self._known.pop(search_uid, None)
        self._reading.forget(search_uid)
        self._putting.forget(search_uid)

    async def stop(self) -> None:
        """Give up what is under way."""
        for write in self._writes.values():
            write.cancel()
        await asyncio.gather(self._reading.stop(), self._putting.stop())

    def writes(self, search_uid: str) -> bool:
        """Return whether something is on its way into the bucket: who empties that has to wait."""
        return search_uid in self._writes

    def trials(self, search: SearchView) -> Mapping[str, TrialView]:
        """Return the trials of a search's ledger by name.

        Raises:
            LedgerNotRead: if it has not been read yet; :meth:`read` reads it.
        """
        head = search.status.ledger
        if head is None:
            return {}
        known = self._known.get(search.meta.uid)
        if known and (segment := known.written(head)):
            # A look that ends a search writes the report under the status that it is about to write.
            return known.trials | {trial.meta.name: trial for trial in segment.trials}
        if known is None or known.head != head:
            raise LedgerNotRead(f"the ledger of search {search.meta.name} has not been read yet")
        return known.trials

    async def read(self, search: SearchView) -> bool:
        """Read the ledger that a search's status names, if it is not known; return whether it is known now.

        Raises:
            LedgerUnreadable: if it cannot be read.
        """
        known = self._known.setdefault(search.meta.uid, _Known())
        head = search.status.ledger
        if known.head == head:
            return True
        if head and (segment := known.written(head)):
            known.trials |= {trial.meta.name: trial for trial in segment.trials}
            known.head, known.putting, known.put = head, None, False
            return True
        if head is None:
            # A status that was restored without it: what is in the bucket is nobody's any more.
            self._known[search.meta.uid] = _Known()
            return True
        found = await self._reading.ask(search, partial(self._read, search, head))
        if found is None:
            return False
        self._known[search.meta.uid] = found
        return found.head == head

    async def kept(self, search: SearchView, objects: frozenset[str]) -> KeptTrials | None:
        """Return how a search's trials are kept, once its ledger is known; None if it has no storage.

        Args:
            search: with a spec that can be read.
            objects: names of its trials that have a NASTrial.

        Raises:
            StorageFault: if the segment that is being put cannot be.
        """
        known = self._known.get(search.meta.uid)
        if search.storage is None or known is None:
            return None
        if known.putting and known.putting.before != known.head:
            # Another operator has continued the ledger meanwhile.
            known.putting, known.put = None, False
        if known.putting and not known.put:
            try:
                known.put = bool(await self._putting.ask(search, partial(self._put, search, known.putting)))
            except StorageFault:
                # The plan makes it again when the storage works.
                known.putting = None
                raise
        segment = known.putting
        return KeptTrials(
            recorded=frozenset(known.trials),
            objects=objects,
            written=segment.after if segment and known.put else None,
            writing=frozenset(trial.meta.name for trial in segment.trials) if segment else frozenset(),
        )

    def put(self, search: SearchView, segment: Segment) -> None:
        """Have a segment put; a later look finds that it is there."""
        known = self._known.get(search.meta.uid)
        if known and not known.putting and known.head == segment.before:
            known.putting = segment

    async def _put(self, search: SearchView, segment: Segment) -> bool:
        """Put a segment; it is not cut off when nobody waits for it any more, as a thread cannot be ended."""
        uid = search.meta.uid
        task = self._writes[uid] = asyncio.create_task(self._write(search, segment))

        def ended(write: asyncio.Task[bool]) -> None:
            if self._writes.get(uid) is write:
                del self._writes[uid]
            if not write.cancelled():
                write.exception()  # Seen: perhaps nobody asks for it any more.

        task.add_done_callback(ended)
        return await asyncio.shield(task)

    async def _write(self, search: SearchView, segment: Segment) -> bool:
        storage = search.storage
        assert storage is not None
        objects = await self._objects_of(search, storage)
        root = storage_location(search.meta, storage).root
        key = segment.key(root)
        await objects.put(key, segment.content, "application/gzip")
        # Only what the storage gives again may take the place of an object.
        stored = await objects.get(key, STORED_LIMIT)
        if stored is None or hash_of(stored) != segment.after.hash:
            raise LedgerUnreadable(f"{key} is not what was written a moment ago; see what else writes to the bucket")
        await objects.put(ledger_head_key(root), segment.head, "application/gzip")
        return True

    async def _read(self, search: SearchView, head: LedgerStatus) -> _Known:
        storage = search.storage
        if storage is None:
            raise LedgerUnreadable(
                f"{head.trials} trials are in the ledger in a bucket that spec.storage does not name any more; "
                "restore spec.storage"
            )
        root, reader = storage_location(search.meta, storage).root, LedgerReader(search.meta, head)
        key = None
        try:
            objects = await self._objects_of(search, storage)
            while key := reader.next_key(root):
                # In a thread: a segment takes a tenth of a second, which nobody else is to wait for.
                await asyncio.to_thread(reader.take, await objects.get(key, STORED_LIMIT))
            trials = reader.trials()
        except (StorageFault, ObjectTooLarge, LedgerDamaged) as fault:
            where = f"s3://{storage.bucket}/{key or root}"
            raise LedgerUnreadable(
                f"the ledger of its ended trials cannot be read at {where}: {fault}; restore the object from a backup "
                "of the bucket, or let the operator reach it. Nothing is decided without it"
            ) from fault
        return _Known(head, {trial.meta.name: trial for trial in trials})
