"""What a search has left in its bucket, read with the user's own key: trials without objects, or all that is left."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Protocol

from nas_client.errors import InvalidInput
from nas_client.looking.buckets import address_of, open_bucket, reachable
from nas_client.search_state import SearchState
from nas_core.api.search_status import LedgerStatus
from nas_core.layout import ledger_head_key, storage_location
from nas_core.records.ledger import STORED_LIMIT, LedgerDamaged, LedgerReader, read_head
from nas_core.records.search import SearchView
from nas_core.records.trial import TrialView
from nas_storage.faults import NotFound, StorageError


class Bucket(Protocol):
    """What is asked of a bucket."""

    def get(self, key: str, limit: int) -> bytes:
        """Return an object's content."""


@dataclass(frozen=True)
class _Known:
    head: LedgerStatus
    trials: tuple[TrialView, ...]


class Ledgers:
    """Reads ledgers. What was read once is not read again: segments are never changed."""

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}

    def trials(self, search: SearchView) -> tuple[TrialView, ...]:
        """Return the trials of a search's ledger.

        Raises:
            InvalidInput: if it cannot be read; the message says what to do.
        """
        head, storage = search.status.ledger, search.storage
        if head is None or storage is None:
            return ()
        known = self._known.get(search.meta.uid)
        root = storage_location(search.meta, storage).root
        reader = LedgerReader(search.meta, head, known.head if known else None)
        try:
            newer = _read(reader, open_bucket(reachable(storage, os.environ)), root)
        except (InvalidInput, StorageError, LedgerDamaged) as error:
            raise InvalidInput(
                f"older trials are missing here: they are in the ledger at s3://{storage.bucket}/"
                f"{reader.next_key(root) or root}, which cannot be read: {error}. Set AWS_ACCESS_KEY_ID and "
                "AWS_SECRET_ACCESS_KEY, and AWS_ENDPOINT_URL_S3 if the cluster's address of the server is not "
                "reachable from here"
            ) from error
        found = (*(known.trials if known else ()), *newer)
        self._known[search.meta.uid] = _Known(head, found)
        return found


def restored(address: str) -> SearchState:
    """Return a search and its trials as they are in its bucket, where it may be all that is left.

    Args:
        address: the search's ``status.storageRoot``.

    Raises:
        InvalidInput: if there is none, or it cannot be read.
    """
    place, key = address_of(address.rstrip("/"), os.environ)
    bucket: Bucket = open_bucket(place)
    try:
        search, ledger, others = read_head(bucket.get(ledger_head_key(key), STORED_LIMIT))
        trials = [*_read(LedgerReader(search.meta, ledger), bucket, key), *others]
    except NotFound as error:
        raise InvalidInput(
            f"{address}: no search has left a ledger there ({error}); give its status.storageRoot, "
            "s3://bucket/namespace/name/uid"
        ) from error
    except (StorageError, LedgerDamaged) as error:
        raise InvalidInput(f"{address}: its ledger cannot be read: {error}") from error
    return SearchState(search, tuple(sorted(trials, key=lambda trial: trial.spec.index)))


def _read(reader: LedgerReader, bucket: Bucket, root: str) -> list[TrialView]:
    while key := reader.next_key(root):
        reader.take(bucket.get(key, STORED_LIMIT))
    return reader.trials()
