"""Where data lie: the names of the files, also inside of archives, and what opens them. A first part of many."""

from __future__ import annotations

import os
import posixpath
import tarfile
import time
import zipfile
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import IO, BinaryIO, cast

from nas_client.errors import InvalidInput
from nas_core.data_files import ARCHIVES, PARTS, hidden

MOST_FILES = 20_000
"""Files that are listed, at most."""
MOST_SECONDS = 20.0
"""How long an archive is listed, at most."""
TURN = 500
"""Files of a folder that are listed before it is the turn of the next: else many of one class would hide the others."""
UNREADABLE = (OSError, EOFError, ValueError, zlib.error, zipfile.BadZipFile, tarfile.TarError, NotImplementedError)


@dataclass(frozen=True)
class Place:
    """Files, by their names relative to where they are."""

    where: str
    names: tuple[str, ...]
    complete: bool
    """Whether these are all."""
    open: Callable[[str], BinaryIO]
    """Opens one of them; raises OSError if that cannot be done."""

    def ending(self, endings: tuple[str, ...]) -> list[str]:
        """Return the names that end so, in upper or lower case."""
        return [name for name in self.names if name.lower().endswith(endings)]


def local(path: Path) -> Place:
    """Return a file, the files of an archive, or those below a folder, of this machine.

    Raises:
        InvalidInput: if there is none, or an archive is damaged.
    """
    try:
        listed = [path.name] if path.is_file() else list(islice(_below(path), MOST_FILES + 1))
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror or error}") from error
    root = path.parent if path.is_file() else path
    return gather(str(path), listed[:MOST_FILES], lambda name: (root / name).open("rb"), len(listed) <= MOST_FILES)


def gather(where: str, listed: Sequence[str], open_file: Callable[[str], BinaryIO], complete: bool) -> Place:
    """Return files with those of the archives among them.

    Raises:
        InvalidInput: if there is none, or an archive is damaged.
    """
    opened: dict[str, Callable[[], IO[bytes]]] = {}
    for name in listed:
        if name.lower().endswith(ARCHIVES):
            complete &= _add_members(where, name, partial(open_file, name), opened)
        else:
            opened[name] = partial(open_file, name)
    if not opened:
        raise InvalidInput(f"{where}: there is no file; give a table, an archive or a folder with data")

    def open_one(name: str) -> BinaryIO:
        # A table names other files, of which some may not be listed.
        return cast(BinaryIO, opened[name]()) if name in opened else open_file(name)

    return Place(where, tuple(sorted(opened)), complete, open_one)


def _below(folder: Path) -> Iterator[str]:
    """Yield the files below a folder, some of each folder in turn; links to folders are not followed."""
    waiting = deque([("", os.scandir(folder))])
    while waiting:
        within, entries = waiting.popleft()
        taken = list(islice(entries, TURN))
        for entry in taken:
            name = within + entry.name
            if hidden(entry.name):
                continue
            if entry.is_dir(follow_symlinks=False):
                waiting.append((f"{name}/", os.scandir(entry.path)))
            elif entry.is_file():
                yield name
        if taken:
            waiting.append((within, entries))


def _add_members(
    where: str, name: str, open_file: Callable[[], BinaryIO], opened: dict[str, Callable[[], IO[bytes]]]
) -> bool:
    """Enter the files of an archive; return whether these are all."""
    folder, base = posixpath.split(name)
    stem = base[: -max(len(each) for each in ARCHIVES if base.lower().endswith(each))]
    # An archive whose name tells a split is a folder of that name, as the trainer has it.
    inner = stem if stem.replace("_", "-").split("-")[0].lower() in PARTS else ""
    end = time.monotonic() + MOST_SECONDS
    try:
        if base.lower().endswith(".zip"):
            with open_file() as file, zipfile.ZipFile(file) as archive:
                members = [each for each in archive.namelist() if not each.endswith("/")]
        else:
            members, timed = [], _Timed(open_file(), end)
            try:
                with timed.file, tarfile.open(fileobj=cast(BinaryIO, timed)) as packed:
                    members += (each.name for each in islice(packed, MOST_FILES + 1) if each.isfile())
            except _OutOfTime:
                end = 0
    except UNREADABLE as error:
        raise InvalidInput(f"{where}: {name} cannot be read as an archive: {error}") from error
    for member in members[:MOST_FILES]:
        if not hidden(plain := posixpath.normpath(member)):
            opened[posixpath.join(folder, inner, plain)] = partial(_open_member, open_file, name, member)
    return end > 0 and len(members) <= MOST_FILES


def _open_member(open_file: Callable[[], BinaryIO], name: str, member: str) -> IO[bytes]:
    if name.lower().endswith(".zip"):
        return zipfile.ZipFile(open_file()).open(member)
    # Closed with its member, by the garbage collector: the member reads from it.
    found = tarfile.open(fileobj=open_file()).extractfile(member)  # noqa: SIM115
    if found is None:
        raise OSError(f"{member} is no file")
    return found


class _OutOfTime(Exception):
    """An archive has been listed long enough."""


class _Timed:
    """A file that is not read any more after some time: what an archive unpacks to is not known before."""

    def __init__(self, file: BinaryIO, end: float) -> None:
        self.file, self._end = file, end
        self.seek, self.tell = file.seek, file.tell

    def read(self, size: int = -1) -> bytes:
        if time.monotonic() > self._end:
            raise _OutOfTime
        return self.file.read(size)
