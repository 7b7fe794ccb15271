"""A bundle in the trial's bucket, as `nas_model` reads one."""

from __future__ import annotations

from nas_model.errors import BundleError
from nas_storage.faults import NotFound
from nas_storage.store import ObjectStore


class StoredBundle:
    """The files of a bundle below a key prefix (with a trailing slash): a `nas_model.bundle.places.Place`."""

    def __init__(self, store: ObjectStore, bucket: str, prefix: str) -> None:
        self.where, self._store, self._prefix = f"s3://{bucket}/{prefix}", store, prefix

    def read(self, name: str, limit: int) -> bytes:
        """Return a file's first bytes.

        Raises:
            BundleError: if there is no such file.
            StorageUnavailable: if the storage did not answer for minutes.
        """
        try:
            return self._store.head(self._prefix + name, limit)
        except NotFound as error:
            raise BundleError(f"{self.where}: has no {name}") from error
