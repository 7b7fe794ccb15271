"""The files inside tar and zip archives, read where they lie: no archive is unpacked into memory.

An archive is indexed once (name, offset and size of each member); a member is then read by itself. A tar archive that
is compressed as a whole is first unpacked into scratch.
"""

from __future__ import annotations

import posixpath
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from nas_storage.faults import NotFound
from nas_trial.data.files import FILE_BYTES, PARALLEL_READS, Files
from nas_trial.data.members import Member, compressed, content, members, unpack
from nas_trial.data.names import held_out, parts_of, parts_of_folders, stem
from nas_trial.data.scratch import Scratch
from nas_trial.errors import DatasetInvalid
from nas_trial.process.stop import StopFlag

MOST_MEMBERS = 5_000_000
BESIDE = -1
"""In place of an archive's number: the file is in none."""


class ArchiveFiles(Files):
    """The files inside archives, and those that lie beside them.

    A member has its name in the archive, below the split that the archive's name tells (``train-0000.tar`` is
    ``train/``). Where two have one name, the members of each archive are also below the archive's name.
    """

    def __init__(self, outer: Files, archives: Sequence[str], stop: StopFlag) -> None:
        self._outer, self._archives, self._scratch = outer, tuple(archives), Scratch()
        with ThreadPoolExecutor(PARALLEL_READS) as pool:
            self._paths = list(pool.map(self._plain, self._archives))
        packed = set(archives)
        index = _Index(name for name in outer.names if name not in packed)
        passed_over: Counter[str] = Counter()
        for number, path in enumerate(self._paths):
            where = outer.label(self._archives[number])
            index.add(number, members(path, where, passed_over), where, passed_over)
        # Not by the first word alone: an archive may be that of a class, such as train_station.
        parts = parts_of({stem(archive) for archive in archives})
        folders = parts_of_folders(archives)
        splits = [parts.get(stem(archive)) or folder for archive, folder in zip(archives, folders, strict=True)]
        self._folders = [f"{split}/" if split else "" for split in splits]
        names = index.names(self._folders)
        if len(set(names)) < len(names):
            self._folders = [f"{folder}{archive}/" for folder, archive in zip(self._folders, archives, strict=True)]
            names = index.names(self._folders)
        super().__init__(outer.where, names, stop)
        self._index = index.ordered(names)
        doubtful = [each for each, split in zip(archives, splits, strict=True) if not split and held_out(stem(each))]
        self.warnings = (
            *outer.warnings,
            *(
                f"{each}: its name may tell a split, but no archive of another split has a name of its kind; it is "
                "trained on, unless its folders tell a split"
                for each in doubtful
            ),
            *(f"{count} members of archives are not read: {why}" for why, count in passed_over.items()),
        )

    def get(self, name: str) -> bytes:
        """Return a member's content."""
        place = self._place(name)
        if self._index.archive[place] == BESIDE:
            return self._outer.get(self.names[place])
        if self._index.size[place] > FILE_BYTES:
            raise self._too_large(name)
        return b"".join(self._content(name, place))

    def local(self, name: str) -> Path:
        """Return a member as a file of scratch."""
        place = self._place(name)
        if self._index.archive[place] == BESIDE:
            return self._outer.local(self.names[place])
        return self._scratch.file(self.label(name), lambda target: target.writelines(self._content(name, place)))

    def label(self, name: str) -> str:
        """Name a member for messages: the archive, and its name there."""
        try:
            place = self._place(name)
        except NotFound:
            return super().label(name)
        if (number := self._index.archive[place]) == BESIDE:
            return self._outer.label(name)
        return f"{self._outer.label(self._archives[number])}/{name.removeprefix(self._folders[number])}"

    def _place(self, name: str) -> int:
        name = posixpath.normpath(name)
        place = bisect_left(self.names, name)
        if place == len(self.names) or self.names[place] != name:
            raise NotFound(name)
        return place

    def _content(self, name: str, place: int) -> Iterator[bytes]:
        with self._paths[self._index.archive[place]].open("rb") as file:
            yield from content(self._index.member(place), file, self.label(name))

    def _plain(self, archive: str) -> Path:
        """Return an archive on this machine's disk, without compression of the whole."""
        path, where = self._outer.local(archive), self._outer.label(archive)
        if not compressed(path):
            return path
        room = self._scratch.room()
        return self._scratch.file(where, lambda target: unpack(path, target, room, where))


class _Index:
    """Where each member is. Arrays: an object for each would take several times the memory."""

    def __init__(self, beside: Iterable[str]) -> None:
        self._inner = list(beside)
        count = len(self._inner)
        self.archive = array("i", [BESIDE] * count)
        self.offset, self.size, self.packed = (array("q", [0] * count) for _ in range(3))
        self.deflated, self.crc = array("b", [0] * count), array("Q", [0] * count)

    def add(self, archive: int, members: Iterable[Member], where: str, passed_over: Counter[str]) -> None:
        """Add the members of an archive; of two with one name the later counts, as tar has it."""
        places: dict[str, int] = {}
        for member in members:
            place = places.setdefault(member.name, len(self._inner))
            if place == len(self._inner):
                if place >= MOST_MEMBERS:
                    raise DatasetInvalid(
                        f"{where}: there are more than {MOST_MEMBERS:,} files; give fewer or larger ones"
                    )
                self._inner.append(member.name)
                for values in (self.archive, self.offset, self.size, self.packed, self.deflated, self.crc):
                    values.append(0)
            else:
                passed_over["a later member of the same archive has their name"] += 1
            self.archive[place], self.offset[place], self.size[place] = archive, member.offset, member.size
            self.packed[place], self.deflated[place], self.crc[place] = member.packed, member.deflated, member.crc

    def member(self, place: int) -> Member:
        """Return a member; its name is not kept."""
        deflated = bool(self.deflated[place])
        return Member("", self.offset[place], self.size[place], self.packed[place], deflated, self.crc[place])

    def names(self, folders: Sequence[str]) -> list[str]:
        """Return the names, those of each archive below its folder, unless they are below such a one already."""
        return [
            name if number == BESIDE or name.startswith(folders[number]) else folders[number] + name
            for number, name in zip(self.archive, self._inner, strict=True)
        ]

    def ordered(self, names: Sequence[str]) -> _Index:
        """Bring all into the order of the names, and forget these."""
        order = sorted(range(len(names)), key=names.__getitem__)
        for field in ("archive", "offset", "size", "packed", "deflated", "crc"):
            values: array[int] = getattr(self, field)
            setattr(self, field, array(values.typecode, (values[i] for i in order)))
        self._inner.clear()
        return self
