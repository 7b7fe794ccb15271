"""Trials of a search whose objects were deleted: read from its ledger in the bucket, with the user's own key."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from nas_client.errors import InvalidInput
from nas_client.looking.buckets import address_of, open_bucket
from nas_core.api.search_status import LedgerStatus
from nas_core.api.storage import BucketAddress
from nas_core.layout import storage_location
from nas_core.records.ledger import STORED_LIMIT, LedgerDamaged, LedgerReader
from nas_core.records.objects import SearchView, TrialView
from nas_storage.faults import StorageError


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
        reader, key = LedgerReader(search.meta, head, known.head if known else None), None
        try:
            bucket: Bucket = open_bucket(_address(storage, os.environ))
            while key := reader.next_key(root):
                reader.take(bucket.get(key, STORED_LIMIT))
            found = (*(known.trials if known else ()), *reader.trials())
        except (InvalidInput, StorageError, LedgerDamaged) as error:
            raise InvalidInput(
                f"older trials are missing here: they are in the ledger at s3://{storage.bucket}/{key or root}, which "
                f"cannot be read: {error}. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and AWS_ENDPOINT_URL_S3 if "
                "the cluster's address of the server is not reachable from here"
            ) from error
        self._known[search.meta.uid] = _Known(head, found)
        return found


def _address(storage: BucketAddress, environment: Mapping[str, str]) -> BucketAddress:
    """Return the bucket's address: what the environment says comes before what pods use."""
    given, _ = address_of(f"s3://{storage.bucket}/any", environment)
    changes = {name: getattr(given, name) for name in ("endpoint", "region") if name in given.model_fields_set}
    own = storage.model_dump(include=set(BucketAddress.model_fields))
    return BucketAddress(**own | {name: value for name, value in changes.items() if value})
