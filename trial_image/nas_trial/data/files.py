"""The files of a data set: in a bucket, in a directory of the container, or inside tar archives of either.

Readers of the formats see only :class:`Files`: names relative to where the data lies, and their contents.
"""

from __future__ import annotations

import io
import posixpath
import tarfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from nas_storage.faults import NotFound
from nas_storage.store import ObjectStore
from nas_trial.data.cache import Cache
from nas_trial.errors import CandidateRejected, DatasetInvalid, Stopped
from nas_trial.process.stop import StopFlag

PARALLEL_READS = 16
ARCHIVES = (".tar", ".tar.gz", ".tgz")


class Files(ABC):
    """Files of a data set."""

    def __init__(self, where: str, names: Sequence[str], stop: StopFlag) -> None:
        # Sorted: file systems list in orders of their own, but every trial must see the examples in one order.
        self.where, self.names, self._stop = where, tuple(sorted(names)), stop

    @abstractmethod
    def get(self, name: str) -> bytes:
        """Return a file's content; raise NotFound if there is none."""

    def ending(self, endings: tuple[str, ...]) -> list[str]:
        """Return the names that end in one of these ways."""
        return [name for name in self.names if name.endswith(endings)]

    def label(self, name: str) -> str:
        """Name a file for messages, with where it lies."""
        return f"{self.where.rstrip('/')}/{name}" if self.names != (posixpath.basename(self.where),) else self.where

    def read(self, names: Sequence[str]) -> dict[str, bytes]:
        """Return the contents of files, side by side.

        Raises:
            NotFound: if there is no such file.
            Stopped: if asked to while reading; there is nothing yet to be kept.
        """

        def get(name: str) -> bytes:
            # Asked before each file: those that wait in the queue then end at once.
            if self._stop.is_set():
                raise Stopped
            return self.get(name)

        # Most of the time of a small object is the way to the storage and back.
        with ThreadPoolExecutor(PARALLEL_READS) as pool:
            return dict(zip(names, pool.map(get, names), strict=True))


class BucketFiles(Files):
    """Objects below a key, or the one object of that key."""

    def __init__(self, store: ObjectStore, bucket: str, key: str, stop: StopFlag, cache: Cache | None = None) -> None:
        uri = f"s3://{bucket}/{key}"
        try:
            # Consoles make a "folder" as an empty object whose key ends in a slash.
            self._tags = {k: tag for k, tag in store.tags(key).items() if not k.endswith("/")}
        except NotFound as error:
            raise CandidateRejected(
                "DatasetNotFound", f"task.dataset.uri {uri!r}: there is no bucket {bucket!r}"
            ) from error
        if key in self._tags:
            self._root, keys = posixpath.dirname(key), [key]
        else:
            self._root = key.rstrip("/")
            # With the slash: data/a must not take in data/ab.
            keys = [k for k in self._tags if k.startswith(self._root + "/")]
        if not keys:
            raise CandidateRejected(
                "DatasetNotFound", f"task.dataset.uri {uri!r}: there is no object; upload the data or correct it"
            )
        self._store, self._bucket, self._cache = store, bucket, cache
        super().__init__(uri, [posixpath.relpath(k, self._root or ".") for k in keys], stop)

    def get(self, name: str) -> bytes:
        """Return an object's content, from the node's cache if it is there unchanged."""
        # A table may write a path as ./a.png; keys are compared letter by letter.
        key = posixpath.normpath(posixpath.join(self._root, name))
        tag = self._tags.get(key)
        # What the listing lacks has no ETag, and without one a copy may be stale.
        if self._cache is None or tag is None:
            return self._store.get(key)
        return self._cache.get(f"{self._bucket}/{key}/{tag}", lambda: self._store.get(key))


class LocalFiles(Files):
    """Files below a directory, or one file."""

    def __init__(self, path: Path, field: str, stop: StopFlag) -> None:
        if path.is_file():
            self._root, names = path.parent, [path.name]
        else:
            self._root = path
            names = [str(file.relative_to(path)) for file in path.rglob("*") if file.is_file()]
        if not names:
            raise CandidateRejected("DatasetNotFound", f"{field}: there is no file at {path}; correct the path")
        super().__init__(str(path), names, stop)

    def get(self, name: str) -> bytes:
        """Return a file's content."""
        try:
            return (self._root / name).read_bytes()
        except FileNotFoundError as error:
            raise NotFound(name) from error
        except OSError as error:
            raise DatasetInvalid(f"{self.label(name)}: cannot be read: {error}") from error


class UnpackedFiles(Files):
    """What is inside tar archives; the names of several archives are folders (``train-0000.tar`` is ``train``)."""

    def __init__(self, packed: Files, archives: Sequence[str], stop: StopFlag) -> None:
        self._contents: dict[str, bytes] = {}
        for archive, content in packed.read(archives).items():
            folder = part_of_file(archive)
            self._contents |= _members(packed.label(archive), content, f"{folder}/" if folder else "")
        super().__init__(packed.where, list(self._contents), stop)

    def get(self, name: str) -> bytes:
        """Return a member's content."""
        try:
            return self._contents[posixpath.normpath(name)]
        except KeyError as error:
            raise NotFound(name) from error


def part_of_file(name: str) -> str | None:
    """Return the split that a file's own name tells: train, val or test, alone or before ``-``, ``_`` or a dot."""
    return PARTS.get(posixpath.basename(name).split(".")[0].replace("_", "-").split("-")[0].lower())


def part_of_folder(name: str) -> str | None:
    """Return the split that a file's outermost folder tells."""
    return PARTS.get(name.split("/")[0].lower()) if "/" in name else None


PARTS = {"train": "train", "training": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}


def _members(where: str, content: bytes, folder: str) -> dict[str, bytes]:
    members = {}
    try:
        # r:* finds the compression by the content: names are often wrong about it.
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:*") as archive:
            for member in archive:
                # Plain files only: a link would name a path outside the archive.
                if (file := archive.extractfile(member) if member.isfile() else None) is not None:
                    members[folder + posixpath.normpath(member.name)] = file.read()
    # An archive that is cut off ends as EOFError or zlib.error.
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise DatasetInvalid(f"{where}: cannot be read as a tar archive: {error}") from error
    return members
