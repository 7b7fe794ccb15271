"""The objects of a search in its folder, for code on the event loop: each call runs in a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from nas_core.contract import STORED_RESULT_LIMIT
from nas_storage.directory_store import DirectoryStore
from nas_storage.faults import NotFound


class FolderObjects:
    """The same as `nas_backend.left_behind.Objects` asks for."""

    def __init__(self, store: DirectoryStore) -> None:
        self._store = store

    async def get(self, key: str) -> bytes | None:
        """Return an object's content, None if there is none; raise ObjectTooLarge if it has too many bytes."""
        try:
            return await asyncio.to_thread(self._store.get, key, STORED_RESULT_LIMIT)
        except NotFound:
            return None

    async def put_once(self, key: str, content: bytes) -> bytes:
        """Put an object unless there is one; return the content that is there then."""
        if await asyncio.to_thread(self._store.put_once, key, content):
            return content
        return await self.get(key) or content

    async def put(self, key: str, content: bytes) -> None:
        """Put an object, replacing one of this key."""
        await asyncio.to_thread(self._store.put, key, content)

    async def newest(self, prefix: str, ending: str) -> str | None:
        """Return the last key, in their order, that begins and ends so; None if there is none."""
        keys = await asyncio.to_thread(self._store.keys, prefix)
        return max((key for key in keys if key.endswith(ending)), default=None)

    async def delete_others(self, prefix: str, kept: Collection[str]) -> bool:
        """Delete all objects below a prefix but those of some keys; return True: no other is left."""

        def work() -> bool:
            # In their order a manifest comes before its weights: what is left without one counts as no checkpoint.
            for key in self._store.keys(prefix):
                if key not in kept:
                    self._store.delete(key)
            return True

        return await asyncio.to_thread(work)

    async def probe(self) -> None:
        """Return if an object can be written."""
        await asyncio.to_thread(self._store.probe)
