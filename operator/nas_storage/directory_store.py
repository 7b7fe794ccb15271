"""Objects as files below a directory: the storage of a search that runs on one machine (`nas_local`)."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from nas_core.reasons import StorageReason
from nas_storage.faults import NotFound, ObjectTooLarge, StorageFault
from nas_storage.policy import Patience, once
from nas_storage.store import Writable

T = TypeVar("T")

PART_BYTES = 16 << 20
"""Bytes of an object that are held in memory at a time while it is copied."""
UNFINISHED = ".part-"
"""How the names of files begin that are being written; no key has such a name."""


class DirectoryStore:
    """An object store on a directory; every method raises StorageFault while that cannot be used.

    Whoever reads a key finds a whole object or none, whenever a writer is killed; several processes may use it at once.
    """

    def __init__(self, directory: Path, patience: Patience = once) -> None:
        self.directory, self._patience = directory, patience

    def get(self, key: str, limit: int | None = None) -> bytes:
        """Return an object's content; raise NotFound if there is none, ObjectTooLarge if it has more bytes."""

        def work() -> bytes:
            with self._path(key).open("rb") as file:
                content = file.read() if limit is None else file.read(limit + 1)
            if limit is not None and len(content) > limit:
                raise ObjectTooLarge(key, limit)
            return content

        return self._do(work, key)

    def head(self, key: str, size: int) -> bytes:
        """Return an object's first bytes, fewer if it has fewer; raise NotFound if there is none."""

        def work() -> bytes:
            with self._path(key).open("rb") as file:
                return file.read(size)

        return self._do(work, key)

    def download(self, key: str, file: Writable) -> None:
        """Write an object's content to a file, part by part; raise NotFound if there is none."""
        # Opened by itself: a fault of the file that is written is not the storage's.
        with self._do(lambda: self._path(key).open("rb"), key) as source:
            while part := self._do(lambda: source.read(PART_BYTES), key):
                file.write(part)

    def put(self, key: str, content: bytes) -> None:
        """Put an object, replacing one of this key."""
        self._do(lambda: self._write(key, content, os.replace), key)

    def put_once(self, key: str, content: bytes) -> bool:
        """Put an object unless there is one; return whether it was put."""

        def work() -> bool:
            try:
                # A link is made only where nothing is, which one call can say; a rename replaces what is there.
                self._write(key, content, os.link)
            except FileExistsError:
                return False
            return True

        return self._do(work, key)

    def keys(self, prefix: str) -> list[str]:
        """Return the keys below a prefix, sorted."""
        return self._do(lambda: sorted(self._keys(prefix)), prefix)

    def tags(self, prefix: str) -> dict[str, str]:
        """Return the keys below a prefix, each with a tag that changes with the content."""

        def tag(key: str) -> str:
            stat = self._path(key).stat()
            return f"{stat.st_mtime_ns}-{stat.st_size}-{stat.st_ino}"

        return self._do(lambda: {key: tag(key) for key in sorted(self._keys(prefix))}, prefix)

    def delete(self, key: str) -> None:
        """Delete an object; none is no error."""
        self._do(lambda: self._path(key).unlink(missing_ok=True), key)

    def probe(self) -> None:
        """Return if an object can be written."""
        self._do(lambda: self._write("probe", b"", os.replace), "probe")
        self.delete("probe")

    def _keys(self, prefix: str) -> list[str]:
        start = self._path(prefix.rpartition("/")[0])
        found = []
        for folder, _, names in os.walk(start):
            below = Path(folder).relative_to(self.directory)
            found += [(below / name).as_posix() for name in names if not name.startswith(UNFINISHED)]
        return [key for key in found if key.startswith(prefix)]

    def _write(self, key: str, content: bytes, place: Callable[[str, Path], None]) -> None:
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=UNFINISHED, dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                # Before the name is given: a machine that loses power must not leave an empty file of that name.
                os.fsync(file.fileno())
            place(temporary, path)
        finally:
            Path(temporary).unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        path = self.directory / key
        if ".." in path.parts or not path.is_relative_to(self.directory):
            raise NotFound(f"{key!r} is no key of this storage")
        return path

    def _do(self, work: Callable[[], T], key: str) -> T:
        def call() -> T:
            try:
                return work()
            except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
                raise NotFound(key) from error
            except OSError as error:
                raise StorageFault(
                    StorageReason.STORAGE_ERROR,
                    f"the folder {self.directory} cannot be used ({error.strerror or error}); make room in it, or make "
                    "it writable: the search goes on then",
                    detail=error.strerror or str(error),
                    passing=True,
                ) from error

        return self._patience(call)
