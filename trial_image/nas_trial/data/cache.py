"""Objects kept on the node, so that the trials of a search download their data once.

The platform team chooses the directory (``NAS_DATA_CACHE``). A file holds an object as it is, so it can be mapped into
memory. Its name says what it holds (bucket, key, ETag and size) and the SHA-256 of its content; it is put in its place
whole. So trials may share the directory, and damage is seen.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from nas_core.contract import DATA_CACHE_ENV
from nas_trial.data.scratch import Scratch
from nas_trial.process.log import log

FOLDER_LETTERS = 3
"""Letters of a name that are its folder: 4,096 folders, so that none has too many files."""


class Cache:
    """A directory of objects."""

    def __init__(self, directory: Path) -> None:
        self._directory, self._scratch = directory, Scratch()
        self._whole: set[Path] = set()
        """What this process has found undamaged."""

    @classmethod
    def from_environment(cls) -> Cache | None:
        """Return the node's cache, None if there is none."""
        directory = os.environ.get(DATA_CACHE_ENV)
        return cls(Path(directory)) if directory else None

    def path(self, name: str, fetch: Callable[[BinaryIO], None], sha256: str | None = None) -> Path:
        """Return the file that holds what is kept under a name; ``fetch`` writes it if it is missing or damaged.

        Where the cache cannot be used, a file of this trial alone: that costs time, never the trial. ``sha256``: of the
        content, where it is known. Then a file that another user of the volume has put there is not taken either.
        """
        if (kept := self._kept(name, sha256)) is not None:
            return kept
        return self._keep(name, fetch) or self._scratch.file(name, fetch)

    def get(self, name: str, fetch: Callable[[], bytes]) -> bytes:
        """Return what is kept under a name; ``fetch`` returns it if it is missing or damaged."""
        if (kept := self._kept(name)) is not None:
            return kept.read_bytes()
        content = fetch()
        self._keep(name, lambda file: _write(content, file))
        return content

    def _kept(self, name: str, sha256: str | None = None) -> Path | None:
        try:
            for path in self._folder(name).glob(f"{_key(name)}-*"):
                said = path.name.rpartition("-")[2]
                if path in self._whole or (sha256 in (None, said) and _digest(path) == said):
                    self._whole.add(path)
                    return path
                log("data-cache", message=f"{path} is damaged; {name} is downloaded again")
                path.unlink(missing_ok=True)
        except OSError as error:
            log("data-cache", message=f"{self._directory} cannot be read, {name} is downloaded again: {error}")
        return None

    def _keep(self, name: str, fetch: Callable[[BinaryIO], None]) -> Path | None:
        temporary = None
        try:
            self._folder(name).mkdir(parents=True, exist_ok=True)
            # In the same directory: a rename within one file system is atomic, so another trial sees all of a file or
            # none.
            handle, made = tempfile.mkstemp(dir=self._folder(name))
            temporary = Path(made)
            with os.fdopen(handle, "wb") as file:
                fetch(file)
            path = self._folder(name) / f"{_key(name)}-{_digest(temporary)}"
            temporary.replace(path)
        except OSError as error:
            # A full or read-only disk.
            log("data-cache", message=f"{name} cannot be kept in {self._directory}: {error}")
            return None
        finally:
            if temporary is not None:
                temporary.unlink(missing_ok=True)
        self._whole.add(path)
        return path

    def _folder(self, name: str) -> Path:
        return self._directory / _key(name)[:FOLDER_LETTERS]


def _key(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(content: bytes, file: BinaryIO) -> None:
    file.write(content)
