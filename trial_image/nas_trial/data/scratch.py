"""Files on this machine's disk that last as long as the trial needs them."""

from __future__ import annotations

import errno
import shutil
import tempfile
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from nas_trial.errors import DatasetInvalid

SHARE_OF_DISK = 0.9
"""Of the free space, what one file may take."""


@contextmanager
def room_for(what: str, directory: Path) -> Iterator[None]:
    """Write in the block what is to have room in a directory.

    Raises:
        DatasetInvalid: if the disk is full: another attempt would fill it as well.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise DatasetInvalid(
            f"{what}: there is no room for it on the disk of {directory}; give the trials more ephemeral storage, or a "
            "cache of data (spec.trialTemplate.dataCacheClaim)"
        ) from error


class Scratch:
    """A directory that is removed with this object, or when the process ends."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._written: dict[str, Path] = {}

    @cached_property
    def _directory(self) -> tempfile.TemporaryDirectory[str]:
        return tempfile.TemporaryDirectory(prefix="nas-data-")

    @property
    def directory(self) -> Path:
        """Where the files are; made when first asked for."""
        with self._lock:
            return Path(self._directory.name)

    def room(self) -> int:
        """Return the bytes that another file may have."""
        return int(shutil.disk_usage(self.directory).free * SHARE_OF_DISK)

    def file(self, name: str, fill: Callable[[BinaryIO], None]) -> Path:
        """Return the file of a name; ``fill`` writes it when it is first asked for.

        Raises:
            DatasetInvalid: if the disk is full.
        """
        with self._lock:
            lock = self._locks[name]
        with lock:
            if name not in self._written:
                path = self.directory / f"{len(self._locks)}-{threading.get_ident()}"
                self._written[name] = self._write(path, name, fill)
            return self._written[name]

    def _write(self, path: Path, name: str, fill: Callable[[BinaryIO], None]) -> Path:
        try:
            with room_for(name, path.parent), path.open("wb") as file:
                fill(file)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return path
