"""Which split and class each file of images, sound or text belongs to, as far as the names tell. Pure.

``[<root>/][<split>/]<class>/<anything>``, or the split below the class. Folders that all files share are taken off, a
folder that names a split (`nas_trial.data.names`) is no class, and neither is an archive in the place of a folder, nor
one that counts the pieces of the data (``part1``).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from unicodedata import normalize

from nas_core.data_files import ARCHIVES, LABEL, PARTS
from nas_trial.data.names import found, held_out, parts_of, pieces, unread
from nas_trial.data.targets import listed
from nas_trial.errors import DatasetInvalid

Folders = tuple[str, ...]
NOTES = (
    *(".txt", ".md", ".rst", ".pdf", ".html", ".json", ".xml", ".yaml", ".yml", ".csv", ".tsv", ".mat", ".py"),
    ".ipynb",
)
"""Endings of what people write about data: a folder of nothing else is no class."""


@dataclass(frozen=True)
class Arrangement:
    """The files that are examples."""

    splits: Mapping[str, Mapping[str, str]]
    """File -> class, of each split that there is (train, val, test)."""
    warnings: tuple[str, ...]
    """What is not read, and why."""


def arrange(
    where: str, names: Sequence[str], kind: str, endings: tuple[str, ...], label: Callable[[str], str | None] | None
) -> Arrangement:
    """Return the examples among files.

    Args:
        where: where the files are, for messages.
        names: their names, relative to there.
        kind: image, audio or text, for messages.
        endings: how the names of examples end, in lower case.
        label: the class of a file that lies in no folder of a class (WebDataset); None: the folders are the classes.

    Raises:
        DatasetInvalid: if there is nothing to train on, or all files of a class are passed over.
    """
    media = [name for name in names if name.lower().endswith(endings)]
    others = [name for name in names if not name.lower().endswith(endings)]
    if label is not None:
        others = [name for name in others if not name.lower().endswith(LABEL)]
    places = _Places.of(media, flat=label is not None)
    splits: dict[str, dict[str, str]] = {}
    outside: dict[str, list[str]] = {}
    has_train = any(places.part(name) == "train" for name in media)
    for name in media:
        part = places.part(name)
        given = places.inner(name)[:1] if label is None else (label(name),)
        if part is None and has_train:
            outside.setdefault("in no folder of a split", []).append(name)
        elif not given or given[0] is None:
            reason = "in no folder of a class" if label is None else f"without a {LABEL} file beside them"
            outside.setdefault(reason, []).append(name)
        else:
            # Macs write é as e and an accent, which looks the same and is another class.
            splits.setdefault(part or "train", {})[name] = normalize("NFC", given[0])
    if not splits.get("train"):
        raise DatasetInvalid(
            f"{where}: found no <class>/<{kind}>{'|'.join(endings)} to train on; there are {found(names)}"
            + _remedy(kind, classless=bool(outside), labels=label is not None, splits=bool(splits))
        )
    if label is None:
        _refuse_lost_classes(where, others, places, splits)
    passed = [f"{len(some):,} {kind} files {why} are not read; the first is {some[0]}" for why, some in outside.items()]
    doubts = _doubts((name for part in splits.values() for name in part), places) if label is None else ()
    return Arrangement(splits, (*doubts, *passed, *unread(others)))


def _remedy(kind: str, *, classless: bool, labels: bool, splits: bool) -> str:
    """Say what to do where there is nothing to train on."""
    if classless and labels:
        return f"; put a {LABEL} file with its class beside each"
    if classless:
        # An archive a class (cat.zip, dog.zip) comes here: its name is none of the files' names.
        return f"; put the {kind} files of each class into a folder of its name, inside archives as well (cat/1.png)"
    return "; call the folder with those to train on train" if splits else ""


@dataclass(frozen=True)
class _Places:
    """How the folders of files are understood."""

    root: Folders
    """That all share."""
    roots: Mapping[str, Folders]
    """That all files of a split share below its folder."""
    counted: frozenset[str]
    """Folders in the place of a class that count the pieces of a data set, such as part1 and part2."""
    parts: Mapping[str, str]
    """Folders that are splits."""
    below: bool
    """Whether each class has folders of splits, instead of each split folders of classes."""

    @classmethod
    def of(cls, media: Sequence[str], flat: bool) -> _Places:
        """Find out from the files; ``flat``: none is in a folder of its class."""
        folders = {_folders(name) for name in media}
        # Below the root there must be a folder left for the class.
        root = _shared(folders, keep=0 if flat else 1)
        parts = parts_of({each[len(root)] for each in folders if len(each) > len(root)})
        inner = [each[len(root) :] for each in folders if len(each) > len(root)]
        second = {PARTS.get(each[1].lower(), "") if len(each) > 1 else "" for each in inner}
        below = not flat and not parts and {"train"} < second and "" not in second
        places = cls(root, {}, frozenset(), parts, below)
        return places if flat or below else places._below_splits(folders)

    def _below_splits(self, folders: Iterable[Folders]) -> _Places:
        """Take off what lies between the splits and their classes."""
        read = [
            rooted for each in folders if (rooted := self._rooted(each)) and (not self.parts or rooted[0] in self.parts)
        ]
        inner: dict[str, set[Folders]] = {}
        for each in read if self.parts else ():
            inner.setdefault(self.parts[each[0]], set()).add(self._inner(each))
        # All of one class cannot be learned: a folder that all share in training is none.
        train = _shared(inner.get("train", ()), keep=1)
        classes = {each[len(train)] for each in inner.get("train", ()) if len(each) > len(train)}
        roots = {
            part: train if all(each[: len(train)] == train for each in some) else _shared(some, 1, classes)
            for part, some in inner.items()
        }
        places = replace(self, roots=roots)
        found = [rest for each in read if (rest := places._inner(each))]
        counted = frozenset(rest[0] for rest in found)
        within = all(len(rest) > 1 for rest in found)
        return replace(places, counted=counted) if within and pieces(counted) else places

    def part(self, name: str) -> str | None:
        """Return the split of a file."""
        inner = self._rooted(_folders(name))
        if self.below:
            return PARTS.get(inner[1].lower()) if len(inner) > 1 else None
        return self.parts.get(inner[0]) if inner else None

    def inner(self, name: str) -> Folders:
        """Return the folders of a file from that of its class on."""
        return self._inner(self._rooted(_folders(name)))

    def _inner(self, rooted: Folders) -> Folders:
        inner = rooted
        if rooted and rooted[0] in self.parts:
            first = rooted[0]
            root = self.roots.get(self.parts[first], ())
            inner = self._once(first, rooted[1:])
            if root and inner[: len(root)] == root:
                inner = self._once(first, inner[len(root) :])
        return inner[1:] if inner and inner[0] in self.counted else inner

    def _once(self, first: str, rest: Folders) -> Folders:
        # The split again: seg_train/seg_train, train/train.
        while len(rest) > 1 and (rest[0] == first or PARTS.get(rest[0].lower()) == self.parts[first]):
            rest = rest[1:]
        return rest

    def _rooted(self, folders: Folders) -> Folders:
        return folders[len(self.root) :] if folders[: len(self.root)] == self.root else folders


def _folders(name: str) -> Folders:
    return tuple(word for word in name.split("/")[:-1] if not word.lower().endswith(ARCHIVES))


def _shared(folders: Iterable[Folders], keep: int, but: Collection[str] = ()) -> Folders:
    """Return the folders that all begin with, up to one of a split or of ``but``; of the longest ``keep`` are left."""
    several, shared = list(folders), list[str]()
    while True:
        # A file that lies higher up, such as a preview, changes nothing.
        words = {each[len(shared)] for each in several if len(each) > len(shared)}
        deeper = any(len(each) > len(shared) + keep for each in several)
        if len(words) != 1 or parts_of(words) or not words.isdisjoint(but) or not deeper:
            return tuple(shared)
        shared += words


def _doubts(media: Iterable[str], places: _Places) -> Iterator[str]:
    """Yield warnings of folders that may be no classes."""
    inside: dict[str, set[str]] = {}
    for inner in set(map(places.inner, media)):
        if inner:
            inside.setdefault(inner[0], set()).update(inner[1:2])
    classes = sorted(inside)
    same = inside[classes[0]] if classes else set()
    if len(classes) > 1 and len(same) > 1 and not places.below and all(inside[name] == same for name in classes):
        yield (
            f"the folders {listed(classes)} are the classes, and each has the folders {listed(sorted(same))}; if these "
            "are the classes, remove the folders above them"
        )
    if splits := [name for name in classes if held_out(name)]:
        yield (
            f"the folders {listed(splits)} are taken for classes, though their names look like those of splits; call a "
            "split train, val or test"
        )


def _refuse_lost_classes(
    where: str, others: Sequence[str], places: _Places, splits: Mapping[str, Mapping[str, str]]
) -> None:
    classes = {given for part in splits.values() for given in part.values()}
    lost: dict[str, list[str]] = {}
    for name in others:
        folder = places.inner(name)[:1]
        if folder and normalize("NFC", folder[0]) not in classes and (places.part(name) or "train") in splits:
            lost.setdefault(folder[0], []).append(name)
    for given, names in lost.items():
        if not all(name.lower().endswith(NOTES) for name in names):
            raise DatasetInvalid(
                f"{where}: no file of class {given!r} is read: there are {found(names)}; convert them, or remove the "
                "folder"
            )
