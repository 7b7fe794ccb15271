"""Which split and class each file of images or sound belongs to, as far as the names tell. Pure.

``[<root>/][<split>/]<class>/<anything>``, or the split below the class. Folders that all files share are taken off, a
folder that names a split (`nas_trial.data.names`) is no class, and neither is an archive in the place of a folder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from unicodedata import normalize

from nas_trial.data.formats import ARCHIVES
from nas_trial.data.names import PARTS, found, parts_of, stem, unread
from nas_trial.errors import DatasetInvalid

Folders = tuple[str, ...]
LABEL = ".cls"
"""Ending of a file that holds the class of the sample that it is named after (WebDataset)."""
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
        kind: image or audio, for messages.
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
        )
    if label is None:
        _refuse_lost_classes(where, others, places, splits)
    passed = [f"{len(some):,} {kind} files {why} are not read; the first is {some[0]}" for why, some in outside.items()]
    return Arrangement(splits, (*passed, *unread(others)))


@dataclass(frozen=True)
class _Places:
    """How the folders of files are understood."""

    root: Folders
    """That all share."""
    parts: Mapping[str, str]
    """Folders that are splits."""
    archives: Mapping[str, str]
    """Archives, without their endings, that are splits."""
    below: bool
    """Whether each class has folders of splits, instead of each split folders of classes."""

    @classmethod
    def of(cls, media: Sequence[str], flat: bool) -> _Places:
        """Find out from the files; ``flat``: none is in a folder of its class."""
        folders = {_folders(name) for name in media}
        # Below the root there must be a folder left for the class.
        root = _shared(folders, keep=0 if flat else 1)
        parts = parts_of({each[len(root)] for each in folders if len(each) > len(root)})
        archives = {stem(archive) for name in media if (archive := _archive(name))}
        inner = [each[len(root) :] for each in folders if len(each) > len(root)]
        second = {PARTS.get(each[1].lower(), "") if len(each) > 1 else "" for each in inner}
        below = not flat and not parts and {"train"} < second and "" not in second
        return cls(root, parts, parts_of(archives), below)

    def part(self, name: str) -> str | None:
        """Return the split of a file."""
        inner = self._rooted(name)
        if self.below:
            return PARTS.get(inner[1].lower()) if len(inner) > 1 else None
        if inner and inner[0] in self.parts:
            return self.parts[inner[0]]
        archive = _archive(name)
        return self.archives.get(stem(archive)) if archive else None

    def inner(self, name: str) -> Folders:
        """Return the folders of a file from that of its class on."""
        inner = self._rooted(name)
        if not inner or inner[0] not in self.parts:
            return inner
        first, *rest = inner
        # The split again: seg_train/seg_train, train/train.
        while len(rest) > 1 and (rest[0] == first or PARTS.get(rest[0].lower()) == self.parts[first]):
            rest = rest[1:]
        return tuple(rest)

    def _rooted(self, name: str) -> Folders:
        folders = _folders(name)
        return folders[len(self.root) :] if folders[: len(self.root)] == self.root else folders


def _archive(name: str) -> str | None:
    return next((word for word in name.split("/")[:-1] if word.lower().endswith(ARCHIVES)), None)


def _folders(name: str) -> Folders:
    return tuple(word for word in name.split("/")[:-1] if not word.lower().endswith(ARCHIVES))


def _shared(folders: Iterable[Folders], keep: int) -> Folders:
    """Return the folders that all begin with, but for splits; ``keep`` are left of those that are longest."""
    several, shared = list(folders), list[str]()
    while True:
        # A file that lies higher up, such as a preview, changes nothing.
        words = {each[len(shared)] for each in several if len(each) > len(shared)}
        deeper = any(len(each) > len(shared) + keep for each in several)
        if len(words) != 1 or parts_of(words) or not deeper:
            return tuple(shared)
        shared += words


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
