"""Objects kept on the node, so that the trials of a search download their data once.

The platform team chooses the directory (``NAS_DATA_CACHE``). A file is named by what it holds (bucket, key, ETag and
size), begins with the SHA-256 of the rest, and is put in its place whole: trials may share the directory.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from nas_core.contract import DATA_CACHE_ENV
from nas_trial.process.log import log

DIGEST_BYTES = 32


class Cache:
    """A directory of objects."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    @classmethod
    def from_environment(cls) -> Cache | None:
        """Return the node's cache, None if there is none."""
        directory = os.environ.get(DATA_CACHE_ENV)
        return cls(Path(directory)) if directory else None

    def get(self, name: str, fetch: Callable[[], bytes]) -> bytes:
        """Return what is kept under a name; fetch and keep it if it is not there or is damaged."""
        path = self._directory / hashlib.sha256(name.encode()).hexdigest()
        try:
            kept = path.read_bytes()
            if hashlib.sha256(kept[DIGEST_BYTES:]).digest() == kept[:DIGEST_BYTES]:
                return kept[DIGEST_BYTES:]
            log("data-cache", message=f"{path} is damaged; {name} is downloaded again")
        except FileNotFoundError:
            pass
        except OSError as error:
            log("data-cache", message=f"{path} cannot be read, {name} is downloaded again: {error}")
        # A cache that is damaged or cannot be read costs time, never the trial.
        content = fetch()
        self._keep(path, content)
        return content

    def _keep(self, path: Path, content: bytes) -> None:
        temporary = None
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            # In the same directory: a rename within one file system is atomic, so another trial sees all of a file or
            # none.
            with tempfile.NamedTemporaryFile(dir=self._directory, delete=False) as file:
                temporary = Path(file.name)
                file.write(hashlib.sha256(content).digest() + content)
            temporary.replace(path)
        except OSError as error:
            # A full or read-only disk costs time, not the trial.
            log("data-cache", message=f"{path} cannot be kept: {error}")
            if temporary is not None:
                temporary.unlink(missing_ok=True)
