"""The files of a data set: in a bucket, or in a directory of the container; `archives` has those inside of them.

Readers of the formats see only :class:`Files`: names relative to where the data lies, and their contents.
"""

from __future__ import annotations

import hashlib
import io
import os
import posixpath
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeVar

from nas_core.data_files import hidden
from nas_storage.faults import NotFound, ObjectTooLarge
from nas_storage.store import ObjectStore
from nas_trial.data.cache import Cache
from nas_trial.data.names import readable
from nas_trial.data.scratch import Scratch
from nas_trial.errors import CandidateRejected, DatasetInvalid, Stopped
from nas_trial.process.stop import StopFlag

T = TypeVar("T")

HEAD_BYTES = 128 << 10
"""Of a file's beginning: headers of images are there, photos' EXIF and colour profile too."""
PARALLEL_READS = 16
DIGEST_BYTES = 1 << 20
"""Of a file that are hashed at a time."""
FILE_BYTES = 1 << 30
"""What a file may have that is read into memory at once: an image, a sound."""


class Files(ABC):
    """Files of a data set."""

    def __init__(self, where: str, names: Sequence[str], stop: StopFlag) -> None:
        # Sorted: file systems list in orders of their own, but every trial must see the examples in one order.
        self.where, self.names, self._stop = where, tuple(sorted(names)), stop
        self.warnings: tuple[str, ...] = ()
        """What was passed over, and why."""

    @abstractmethod
    def get(self, name: str) -> bytes:
        """Return a file's content.

        Raises:
            NotFound: if there is no such file.
            DatasetInvalid: if it cannot be read, or has more than `FILE_BYTES`.
        """

    @abstractmethod
    def local(self, name: str) -> Path:
        """Return a file's content as a path on this machine's disk, for reading; it is never whole in memory.

        The path is good as long as this object lives. Raises NotFound or DatasetInvalid, as `get` does.
        """

    def tags(self) -> Iterator[str]:
        """Yield what changes with the content of each file, in the order of names: here its SHA-256.

        Raises:
            DatasetInvalid: if one cannot be read.
            Stopped: if asked to, also in the middle of a file.
        """
        return self._side_by_side(self.names, self._digest)

    def ending(self, endings: tuple[str, ...]) -> list[str]:
        """Return the names that end in one of these ways, in any case."""
        return [name for name in self.names if name.lower().endswith(endings)]

    def label(self, name: str) -> str:
        """Name a file for messages, with where it lies."""
        return f"{self.where.rstrip('/')}/{name}" if self.names != (posixpath.basename(self.where),) else self.where

    def open(self, name: str) -> BinaryIO:
        """Return a file for reading; raise NotFound or DatasetInvalid, as `get` does."""
        return io.BytesIO(self.get(name))

    def head(self, name: str) -> BinaryIO:
        """Return the beginning of a file for reading, `HEAD_BYTES` at least if it has so many; raises as `get` does."""
        return self.open(name)

    def map(self, names: Sequence[str], convert: Callable[[str, BinaryIO], T], *, heads: bool = False) -> Iterator[T]:
        """Yield what ``convert`` makes of each name and its open file, in this order; ``heads``: of its beginning.

        Files are read side by side, and a few ahead of the one that is asked for.

        Raises:
            NotFound: if there is no such file.
            Stopped: if asked to while reading; there is nothing yet to be kept.
        """

        def read(name: str) -> T:
            # Asked before each file: those that wait in the queue then end at once.
            self.go_on()
            with self.head(name) if heads else self.open(name) as file:
                return convert(name, file)

        return self._side_by_side(names, read)

    def _side_by_side(self, names: Sequence[str], read: Callable[[str], T]) -> Iterator[T]:
        waiting: deque[Future[T]] = deque()
        # Most of the time of a small object is the way to the storage and back.
        with ThreadPoolExecutor(PARALLEL_READS) as pool:
            try:
                for name in names:
                    waiting.append(pool.submit(read, name))
                    if len(waiting) > PARALLEL_READS:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                # Nobody asks for the rest, or one cannot be read.
                for future in waiting:
                    future.cancel()

    def go_on(self) -> None:
        """Return, unless the trial was asked to stop: then raise Stopped. For what reads long."""
        if self._stop.is_set():
            raise Stopped

    def read(self, names: Sequence[str]) -> dict[str, bytes]:
        """Return the contents of small files; raises as `map` does."""
        return dict(zip(names, self.map(names, lambda _, file: file.read()), strict=True))

    def _digest(self, name: str) -> str:
        digest = hashlib.sha256()
        path = self.local(name)
        try:
            with path.open("rb") as file:
                while part := file.read(DIGEST_BYTES):
                    self.go_on()
                    digest.update(part)
        except OSError as error:
            raise DatasetInvalid(f"{self.label(name)}: cannot be read: {error}") from error
        return digest.hexdigest()

    def _too_large(self, name: str) -> DatasetInvalid:
        return DatasetInvalid(f"{self.label(name)}: has more than {FILE_BYTES >> 30} GiB; give a smaller file")


class BucketFiles(Files):
    """Objects below a key, or the one object of that key."""

    def __init__(
        self,
        store: ObjectStore,
        bucket: str,
        key: str,
        stop: StopFlag,
        cache: Cache | None = None,
        field: str = "task.dataset.uri",
    ) -> None:
        uri = f"s3://{bucket}/{key}"
        try:
            # Consoles make a "folder" as an empty object whose key ends in a slash.
            self._tags = {k: tag for k, tag in store.tags(key).items() if not k.endswith("/")}
        except NotFound as error:
            raise CandidateRejected("DatasetNotFound", f"{field} {uri!r}: there is no bucket {bucket!r}") from error
        if key in self._tags:
            self._root, keys = posixpath.dirname(key), [key]
        else:
            self._root = key.rstrip("/")
            # With the slash: data/a must not take in data/ab.
            below = self._root + "/"
            keys = [k for k in self._tags if k.startswith(below) and not hidden(k.removeprefix(below))]
        if not keys:
            raise CandidateRejected(
                "DatasetNotFound", f"{field} {uri!r}: there is no object; upload the data or correct it"
            )
        self._store, self._bucket, self._cache = store, bucket, cache
        self._scratch = Scratch()
        super().__init__(uri, [posixpath.relpath(k, self._root or ".") for k in keys], stop)

    def get(self, name: str) -> bytes:
        """Return an object's content, from the node's cache if it is there unchanged."""
        key = self._key(name)
        try:
            if self._cache is None or (tag := self._tag(key)) is None:
                return self._store.get(key, FILE_BYTES)
            return self._cache.get(tag, lambda: self._store.get(key, FILE_BYTES))
        except ObjectTooLarge as error:
            raise self._too_large(name) from error

    def head(self, name: str) -> BinaryIO:
        """Return the beginning of an object; what the cache will keep is fetched whole."""
        key = self._key(name)
        if self._cache is None or self._tag(key) is None:
            return io.BytesIO(self._store.head(key, HEAD_BYTES))
        return self.open(name)

    def local(self, name: str) -> Path:
        """Return the file of the node's cache; without a cache the object is downloaded into scratch."""
        key = self._key(name)

        def fetch(file: BinaryIO) -> None:
            self._store.download(key, _Watched(file, self.go_on))

        if self._cache is None or (tag := self._tag(key)) is None:
            return self._scratch.file(key, fetch)
        return self._cache.path(tag, fetch)

    def tags(self) -> Iterator[str]:
        """Yield the ETag and the size of each, as the bucket lists them: nothing has to be downloaded."""
        return (self._tags[self._key(name)] for name in self.names)

    def _key(self, name: str) -> str:
        # A table may write a path as ./a.png; keys are compared letter by letter.
        return _below(self._root, name)

    def _tag(self, key: str) -> str | None:
        # What the listing lacks has no ETag, and without one a copy may be stale.
        tag = self._tags.get(key)
        return None if tag is None else f"{self._bucket}/{key}/{tag}"


class LocalFiles(Files):
    """Files below a directory, or one file."""

    def __init__(self, path: Path, field: str, stop: StopFlag) -> None:
        passed_over: list[str] = []
        if path.is_file():
            self._root, names = path.parent, [path.name]
        else:
            self._root = path
            try:
                names = list(_plain_files(path, passed_over)) if path.exists() else []
            except OSError as error:
                raise CandidateRejected("DatasetNotFound", f"{field}: {path} cannot be read: {error}") from error
        if not names:
            raise CandidateRejected(
                "DatasetNotFound",
                f"{field}: there is no file at {path} (hidden ones, and links that lead to no file, do not count); "
                "correct the path",
            )
        self._written = {text: name for name in names if (text := readable(name)) != name}
        """What stands in the directory in place of names that had to be made readable."""
        if self._written and (twice := set(self._written).intersection(names)):
            raise DatasetInvalid(f"{path}/{min(twice)}: there are two files of this name in other codings; rename one")
        super().__init__(str(path), [*map(readable, names)], stop)
        if passed_over:
            what = "links to folders or to nothing, and special files, are not read"
            self.warnings = (f"{len(passed_over):,} {what}; the first is {readable(min(passed_over))}",)

    def get(self, name: str) -> bytes:
        """Return a file's content."""
        path = self.local(name)
        try:
            if path.stat().st_size > FILE_BYTES:
                raise self._too_large(name)
            return path.read_bytes()
        except OSError as error:
            raise DatasetInvalid(f"{self.label(name)}: cannot be read: {error}") from error

    def open(self, name: str) -> BinaryIO:
        """Return the file itself, of which a reader takes what it needs."""
        path = self.local(name)
        try:
            return path.open("rb")
        except OSError as error:
            raise DatasetInvalid(f"{self.label(name)}: cannot be read: {error}") from error

    def local(self, name: str) -> Path:
        """Return the file itself."""
        path = Path(_below(str(self._root), self._written.get(name, name)))
        try:
            found = path.exists()
        except OSError as error:
            # A text in the place of a path may be too long for one.
            raise NotFound(name) from error
        if not found:
            raise NotFound(name)
        return path


@dataclass(frozen=True)
class _Watched:
    """A file that looks, before each part of it, whether the trial goes on."""

    file: BinaryIO
    go_on: Callable[[], None]

    def write(self, content: bytes, /) -> None:
        self.go_on()
        self.file.write(content)


def _below(root: str, name: str) -> str:
    """Return where a name leads; raise NotFound if that is outside of the data: a table may write what it likes."""
    path = posixpath.normpath(posixpath.join(root, name))
    if posixpath.relpath(path, root or ".").split("/")[0] == "..":
        raise NotFound(name)
    return path


def _plain_files(directory: Path, passed_over: list[str]) -> Iterator[str]:
    """Yield the names of the files below a directory, relative to it; links to directories are not followed.

    Links that lead to no file, and what is neither file nor folder, are added to those passed over.
    """
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        # scandir knows the kind of most entries without asking for each: there may be millions.
        with os.scandir(directory / folder) as entries:
            for entry in entries:
                # A hidden one may not be readable: lost+found, at the root of many volumes, is root's.
                if hidden(entry.name):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(f"{folder}{entry.name}/")
                elif entry.is_file():
                    yield folder + entry.name
                else:
                    passed_over.append(folder + entry.name)
