"""A prepared data set in a bucket, whose files are fetched when they are asked for.

They are kept in the node's cache if there is one, else on this container's disk, where all processes of the container
share them. What is fetched is compared with the manifest.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

from pydantic import ValidationError

from nas_core.contract import StorageLocation
from nas_model.preprocessing.forms import Preprocessing
from nas_storage.faults import NotFound, ObjectTooLarge
from nas_storage.store import ObjectStore
from nas_trial.data.cache import Cache
from nas_trial.data.prepared.manifest import MANIFEST, MANIFEST_LIMIT, PREPROCESSING, REMEDY, Entry, Manifest
from nas_trial.data.prepared.prepared import Prepared
from nas_trial.data.scratch import room_for
from nas_trial.errors import DatasetInvalid
from nas_trial.process.stop import StopFlag
from nas_trial.storage import open_bucket

PREPROCESSING_LIMIT = 512 << 20
"""Bytes of preprocessing.json: a vocabulary of a million words has some 20 MiB."""


@dataclass(frozen=True)
class RemoteFolder:
    """Files in a bucket. It can be sent to another process."""

    location: StorageLocation
    bucket: str
    prefix: str
    """Of the keys, with a trailing slash."""
    directory: Path
    """On this container's disk."""
    entries: Mapping[str, Entry] = field(repr=False)
    _opened: dict[int, tuple[ObjectStore, Cache | None]] = field(default_factory=dict, repr=False, compare=False)

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_opened": {}}

    def path(self, name: str) -> Path:
        """Return where a file is on this machine's disk, fetched if it is not there yet.

        Raises:
            DatasetInvalid: if it is not in the bucket, is not what the manifest says, or the disk is full.
            StorageUnavailable: if the storage did not answer for minutes.
        """
        entry = self.entries[name]
        cache = self._open()[1]
        if cache is not None:
            # By its content: whatever data set it belongs to, and however often that is prepared.
            kept_as = f"{self.bucket}/{self.prefix}{name}/{entry.sha256}"
            return cache.path(kept_as, lambda file: self._fetch(entry, file), entry.sha256)
        path = self.directory / name
        if not path.exists():
            # One process fetches, the others wait for it.
            with (self.directory / f"{name}.lock").open("wb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                if not path.exists():
                    temporary = self.directory / f"{name}.part"
                    where = f"s3://{self.bucket}/{self.prefix}{name}"
                    with room_for(where, self.directory), temporary.open("wb") as file:
                        self._fetch(entry, file)
                    temporary.replace(path)
        return path

    def use(self, store: ObjectStore) -> None:
        """Let this process use a bucket that is open."""
        self._opened[os.getpid()] = store, Cache.from_environment()

    def _fetch(self, entry: Entry, file: BinaryIO) -> None:
        store = self._open()[0]
        where = f"s3://{self.bucket}/{self.prefix}{entry.name}"
        checked = Checked(file, entry.bytes)
        try:
            store.download(self.prefix + entry.name, cast(BinaryIO, checked))
        except NotFound as error:
            raise DatasetInvalid(f"{where}: is missing; {REMEDY}") from error
        if checked.digest.hexdigest() != entry.sha256:
            raise DatasetInvalid(
                f"{where}: is damaged: it does not have the {entry.bytes:,} bytes that manifest.json says; {REMEDY}"
            )

    def _open(self) -> tuple[ObjectStore, Cache | None]:
        # One for each process: a connection cannot be shared with a process that was forked.
        process = os.getpid()
        if process not in self._opened:
            self.use(open_bucket(self.location, StopFlag(), self.bucket))
        return self._opened[process]


class Checked:
    """A file that is written, with the hash of what was written; bytes beyond ``limit`` are left out of both."""

    def __init__(self, file: BinaryIO, limit: int) -> None:
        self._file, self._left = file, limit + 1
        self.digest = hashlib.sha256()

    def write(self, content: bytes) -> int:
        """Write bytes; return how many were given."""
        kept = content[: self._left]
        self._left -= len(kept)
        self.digest.update(kept)
        self._file.write(kept)
        return len(content)


def open_prepared(location: StorageLocation, address: str, directory: Path, store: ObjectStore) -> Prepared:
    """Open a prepared data set.

    Args:
        location: the server that it is on.
        address: s3:// address of its folder, with a trailing slash.
        directory: for its files, if this node has no cache.
        store: its bucket.

    Raises:
        DatasetInvalid: if it is not there, or is damaged; the message names the file.
        StorageUnavailable: if the storage did not answer for minutes.
    """
    bucket, _, prefix = address.removeprefix("s3://").partition("/")
    try:
        content = store.get(prefix + MANIFEST, MANIFEST_LIMIT)
    except (NotFound, ObjectTooLarge) as error:
        raise DatasetInvalid(f"{address}{MANIFEST}: there is no prepared data set: {error}; {REMEDY}") from error
    manifest = Manifest.parse(content, address + MANIFEST)
    folder = RemoteFolder(location, bucket, prefix, directory, {entry.name: entry for entry in manifest.entries()})
    folder.use(store)
    entry = folder.entries.get(PREPROCESSING)
    if entry is None or entry.bytes > PREPROCESSING_LIMIT:
        raise DatasetInvalid(
            f"{address}{MANIFEST}: names no {PREPROCESSING} of {PREPROCESSING_LIMIT >> 20} MiB; {REMEDY}"
        )
    try:
        preprocessing = Preprocessing.model_validate_json(folder.path(PREPROCESSING).read_bytes())
    except ValidationError as error:
        raise DatasetInvalid(f"{address}{PREPROCESSING}: cannot be read: {error}; {REMEDY}") from error
    return Prepared(
        preprocessing,
        manifest.shards(folder, "train"),
        manifest.shards(folder, "val"),
        manifest.hash,
        manifest.warnings,
        lambda: manifest.shards(folder, "test") if manifest.rows("test") else None,
        manifest.baseline,
    )
