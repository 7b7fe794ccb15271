"""What the names of files tell: which are no data, and which split an example belongs to. Pure."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from nas_core.data_files import ARCHIVES, PARTS, TABLES

MOST_KINDS = 8
"""Endings that a message names."""
_LONGEST_ENDING = 12
_UNKNOWN_ARCHIVES = (".rar", ".7z", ".zst", ".lz4", ".lzma")
_SPLIT = re.compile(
    rf"(?P<before>(?:.*[-_. ])?)(?P<word>{'|'.join(PARTS)})"
    r"(?:[-_. ]?(?:set|data|dataset|split|images|imgs|audio|files))?"
    # Pieces of a split, and versions of it: -00000-of-00005, _part1, .v2, _a.
    r"(?:[-_. ]?(?:part|shard|chunk|batch|fold|v)?[-_. ]?[0-9]++(?:[-_. ]?of[-_. ]?[0-9]++)?){0,2}(?:[-_. ][a-z])?",
    re.IGNORECASE,
)
_PIECE = re.compile(r"(?:.*[-_. ])?(?:part|shard|chunk|batch|fold|piece|volume|vol)[-_. ]?[0-9]+", re.IGNORECASE)
_BETWEEN = re.compile(r"[-_. ]+|(?<=[a-z])(?=[A-Z])")
_ENDINGS = (*ARCHIVES, *(ending for endings in TABLES.values() for ending in endings))


def readable(name: str) -> str:
    """Return a path as text that can be written: of a folder or file whose bytes are no UTF-8 they are Latin-1."""
    try:
        name.encode()
    except UnicodeEncodeError:
        # Each by itself: others of the same path may be UTF-8, and must stay the class that they are elsewhere.
        return "/".join(map(_readable_word, name.split("/")))
    return name


def _readable_word(word: str) -> str:
    written = word.encode(errors="surrogateescape")
    try:
        return written.decode()
    except UnicodeDecodeError:
        return written.decode("latin-1")


def parts_of(words: Iterable[str]) -> dict[str, str]:
    """Return which of some words that stand side by side name splits, and which splits.

    A word of `PARTS` always does. So does one with more around it (``seg_train``, ``train2017``, ``training_set``), if
    there is one of the training split and one of another split with the same beginning (``seg_test``). A class called
    ``training_shoe`` never does.
    """
    found = {word: match for word in words if (match := _SPLIT.fullmatch(word))}
    families: dict[str, set[str]] = {}
    for match in found.values():
        families.setdefault(match["before"].lower(), set()).add(PARTS[match["word"].lower()])
    return {
        word: PARTS[match["word"].lower()]
        for word, match in found.items()
        if word.lower() in PARTS or {"train"} < families[match["before"].lower()]
    }


def parts_of_folders(names: Sequence[str]) -> list[str | None]:
    """Return the split of each file: that of the outermost of its folders that names one, as `parts_of` has it.

    An archive in the place of a folder is one.
    """
    levels: dict[int, set[str]] = {}
    for name in names:
        for level, folder in enumerate(_folders(name)):
            levels.setdefault(level, set()).add(folder)
    parts = {level: parts_of(folders) for level, folders in levels.items()}
    return [
        next((parts[level][word] for level, word in enumerate(_folders(name)) if word in parts[level]), None)
        for name in names
    ]


def parts_of_files(names: Sequence[str]) -> dict[str, str | None]:
    """Return the split of each file of a table: by its own name, else by its folders.

    A name does so by its first word (``train-0001.csv``), as `parts_of` has it, or if there is one that is the same but
    for the word of a split: ``x_train_final.csv`` beside ``x_test_final.csv``, or ``titanic.csv`` beside
    ``titanic_test.csv``, which then is what is left to train on.
    """
    stems = {name: stem(name) for name in names}
    together = parts_of(set(stems.values()))
    frames = {each: _frame(each) for each in stems.values()}
    families: dict[tuple[str, ...], set[str | None]] = {}
    for rest, part in frames.values():
        families.setdefault(rest, set()).add(part)

    def own(each: str) -> str | None:
        rest, part = frames[each]
        family = families[rest]
        paired = {"train"} < family - {None} or (None in family and part != "train")
        return PARTS.get(re.split("[-_. ]", each)[0].lower()) or together.get(each) or (part if paired else None)

    folders = dict(zip(names, parts_of_folders(names), strict=True))
    return {name: own(stems[name]) or folders[name] for name in names}


def held_out(word: str) -> bool:
    """Whether a word looks like that of a split to validate or test on, whatever stands beside it."""
    match = _SPLIT.fullmatch(word)
    return match is not None and PARTS[match["word"].lower()] != "train"


def says_held_out(name: str) -> bool:
    """Whether a table's path has a word of a split to validate or test on."""
    words = (word for each in (*_folders(name), stem(name)) for word in _words(each))
    return any(PARTS.get(word, "train") != "train" for word in words)


def pieces(words: Iterable[str]) -> bool:
    """Whether words that stand side by side count the pieces of one thing: ``part1`` and ``part2``."""
    several = set(words)
    return (
        len(several) > 1 and all(map(_PIECE.fullmatch, several)) and len({re.sub("[0-9]", "", w) for w in several}) == 1
    )


def stem(name: str) -> str:
    """Return a file's own name without its ending: that of an archive or a table, or what follows the last dot."""
    base = posixpath.basename(name)
    ending = max((each for each in _ENDINGS if base.lower().endswith(each)), key=len, default="")
    return base[: len(base) - len(ending)] if ending else posixpath.splitext(base)[0]


def _folders(name: str) -> list[str]:
    return [stem(word) if word.lower().endswith(ARCHIVES) else word for word in name.split("/")[:-1]]


def _words(text: str) -> list[str]:
    """Return the words of a name, in lower case and without digits."""
    return [re.sub("[0-9]", "", word).lower() for word in _BETWEEN.split(text)]


def _frame(text: str) -> tuple[tuple[str, ...], str | None]:
    """Return the words of a name but for the last one of a split, and that split."""
    words = _words(text)
    place = max((place for place, word in enumerate(words) if word in PARTS), default=None)
    part = None if place is None else PARTS[words[place]]
    return tuple(word for at, word in enumerate(words) if word and at != place), part


class Ending(NamedTuple):
    """Files whose names end alike."""

    ending: str
    """Such as ``.png``; empty if there is none."""
    files: int
    folders: tuple[str, ...]
    """The outermost folders that they are in."""

    def __str__(self) -> str:
        what = f"ending with {self.ending}" if self.ending else "without an ending"
        several = f"{self.files:,} file{'s' if self.files > 1 else ''} {what}"
        if self.folders:
            more = f" and {len(self.folders) - 1:,} more folders" if len(self.folders) > 1 else ""
            several += f" under {self.folders[0]}/{more}"
        return several + self._remedy()

    def _remedy(self) -> str:
        if self.ending in _UNKNOWN_ARCHIVES:
            return " (pack what is inside as .zip or .tar)"
        # Archives are read before their names would come here.
        return " (archives inside of archives: unpack the outer ones)" if self.ending in ARCHIVES else ""


def endings(names: Iterable[str]) -> list[Ending]:
    """Return how names end, the most frequent first."""
    counts: Counter[str] = Counter()
    folders: dict[str, dict[str, None]] = {}
    for name in names:
        archive = max((each for each in ARCHIVES if name.lower().endswith(each)), key=len, default=None)
        ending = archive or posixpath.splitext(name)[1].lower()
        ending = ending if len(ending) <= _LONGEST_ENDING else ""
        counts[ending] += 1
        within = folders.setdefault(ending, {})
        if "/" in name:
            within.setdefault(name.split("/")[0])
    return [Ending(ending, count, tuple(folders[ending])) for ending, count in counts.most_common()]


def found(names: Sequence[str]) -> str:
    """Return what was found, for messages of what was not."""
    kinds = endings(names)
    listed = ", ".join(map(str, kinds[:MOST_KINDS])) or "no file"
    return listed + (f" and {len(kinds) - MOST_KINDS} more kinds" if len(kinds) > MOST_KINDS else "")


def unread(names: Sequence[str]) -> list[str]:
    """Return warnings of files that are not read."""
    kinds = endings(names)
    listed = [f"{kind} {'are' if kind.files > 1 else 'is'} not read" for kind in kinds[:MOST_KINDS]]
    if rest := sum(kind.files for kind in kinds[MOST_KINDS:]):
        listed.append(f"{rest:,} files with other endings are not read")
    return listed
