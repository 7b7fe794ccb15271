"""The knowledge base of a search's namespace, read with the user's own key: its entries, and how far they are."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Protocol

from nas_client.errors import InvalidInput
from nas_client.looking.buckets import open_bucket, reachable
from nas_client.trial_table import Row
from nas_core.layout import IMPORTED, knowledge_prefix
from nas_core.records.knowledge import ENTRY_LIMIT, MOST_READ, Entry, EntryInvalid, read_entry
from nas_core.records.search import ReadableSearch, SearchView
from nas_plan.knowledge.features import distance, features_of
from nas_storage.faults import NotFound, ObjectTooLarge, StorageError


class Bucket(Protocol):
    """What is asked of a bucket."""

    def first_keys(self, prefix: str) -> list[str]:
        """Return the first keys below a prefix."""

    def get(self, key: str, limit: int) -> bytes:
        """Return an object's content."""

    def delete(self, key: str) -> None:
        """Delete an object."""


class KnowledgeBase:
    """The entries that a search may begin with: the newest ones of its namespace."""

    def __init__(self, search: SearchView) -> None:
        """Open it; nothing is read yet.

        Raises:
            InvalidInput: if the search has no storage, or boto3 is not installed.
        """
        if not isinstance(search, ReadableSearch) or search.storage is None:
            raise InvalidInput(f"{search.meta.name}: it has no spec.storage, and so no knowledge base")
        self._search, self._storage = search, search.storage
        self._bucket: Bucket = open_bucket(reachable(self._storage, os.environ))

    def entries(self) -> Mapping[str, Entry | str]:
        """Return entries by key, the newest first, then what was imported; of an object that is none, why.

        Raises:
            InvalidInput: if the bucket cannot be read; the message says what to do.
        """
        found: dict[str, Entry | str] = {}
        try:
            for key in self._keys():
                try:
                    found[key] = read_entry(self._bucket.get(key, ENTRY_LIMIT))
                except NotFound:
                    continue
                except (EntryInvalid, ObjectTooLarge) as fault:
                    found[key] = str(fault)
        except StorageError as error:
            raise self._unusable("read", error) from error
        return found

    def _keys(self) -> Sequence[str]:
        # Apart, as imported ones come after all others, and one page of a list may be full before.
        imported = f"{self._prefix}{IMPORTED}"
        left = [key for key in self._bucket.first_keys(self._prefix) if not key.startswith(imported)]
        return [*left[:MOST_READ], *self._bucket.first_keys(imported)[:MOST_READ]]

    def delete(self, name: str) -> Sequence[str]:
        """Delete the entries of the searches of a name; return their keys.

        Raises:
            InvalidInput: if there is none, or it cannot be deleted.
        """
        keys = [key for key, entry in self.entries().items() if isinstance(entry, Entry) and entry.search == name]
        if not keys:
            raise InvalidInput(f"no search {name!r} has left an entry below {self._prefix}")
        try:
            for key in keys:
                self._bucket.delete(key)
        except StorageError as error:
            raise self._unusable("deleted", error) from error
        return keys

    def rows(self) -> list[Row]:
        """Return a row for each entry, the newest first.

        Raises:
            InvalidInput: if the bucket cannot be read.
        """
        return [self._row(key, entry) for key, entry in self.entries().items()]

    def _row(self, key: str, entry: Entry | str) -> Row:
        if isinstance(entry, str):
            return _columns(key.removeprefix(self._prefix), note=f"no entry: {entry}")
        apart = distance(features_of(self._search.status.dataset), entry.features)
        if key.startswith(f"{self._prefix}{IMPORTED}"):
            note = "taken where warmStart.imported names it"
        else:
            note = "" if entry.fits(self._search.spec) else "another task, evaluation or objective"
        return _columns(
            entry.search,
            ended=f"{entry.ended:%Y-%m-%d}",
            origin=entry.origin,
            task=entry.task,
            objectives=", ".join(objective.metric for objective in entry.objectives),
            results=len(entry.results),
            distance=None if apart is None else round(apart, 3),
            note=note,
        )

    @property
    def _prefix(self) -> str:
        return knowledge_prefix(self._storage.prefix, self._search.meta.namespace)

    def _unusable(self, verb: str, error: Exception) -> InvalidInput:
        return InvalidInput(
            f"s3://{self._storage.bucket}/{self._prefix} cannot be {verb}: {error}. Set AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY, and AWS_ENDPOINT_URL_S3 if the cluster's address of the server is not reachable "
            "from here"
        )


def _columns(
    search: str,
    ended: str = "",
    origin: str = "",
    task: str = "",
    objectives: str = "",
    results: int | None = None,
    distance: float | None = None,
    note: str = "",
) -> Row:
    return {
        "search": search,
        "ended": ended,
        "origin": origin,
        "task": task,
        "objectives": objectives,
        "results": results,
        "distance": distance,
        "note": note,
    }
