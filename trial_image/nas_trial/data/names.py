"""What the names of files tell: which are no data, and which split an example belongs to. Pure."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

PARTS: Mapping[str, str] = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev", "eval"), "val"),
    **dict.fromkeys(("test", "testing", "holdout"), "test"),
}
"""Words, in lower case, that name a split."""
MOST_KINDS = 8
"""Endings that a message names."""
_LITTER = {"__macosx", "thumbs.db", "desktop.ini", "lost+found"}
_LONGEST_ENDING = 12
_SPLIT = re.compile(
    rf"(?P<before>(?:.*[-_. ])?)(?P<word>{'|'.join(PARTS)})"
    r"(?:[-_. ]?(?:set|data|dataset|split|images|imgs|audio|files))?[-_. ]?[0-9]*",
    re.IGNORECASE,
)


def hidden(name: str) -> bool:
    """Whether a file is none of the data's: what systems and editors leave behind, and names that begin with a dot."""
    return any(word.startswith(".") or word.lower() in _LITTER for word in name.split("/"))


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


def part_of_file(name: str) -> str | None:
    """Return the split that a file's own name tells: its first word, up to ``-``, ``_`` or a dot."""
    return PARTS.get(stem(name).replace("_", "-").split("-")[0].lower())


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


def parts_of_files(names: Sequence[str]) -> dict[str, str | None]:
    """Return the split of each file: by its own name, else by the outermost of its folders that names one.

    A name does so by its first word (``train-0001.csv``), or as `parts_of` has it (``mnist_train.csv`` beside
    ``mnist_test.csv``).
    """
    together = parts_of({stem(name) for name in names})
    return {name: part_of_file(name) or together.get(stem(name)) or part_of_folders(name) for name in names}


def part_of_folders(name: str) -> str | None:
    """Return the split that the outermost of a file's folders tells that names one."""
    return next((PARTS[word.lower()] for word in name.split("/")[:-1] if word.lower() in PARTS), None)


def stem(name: str) -> str:
    """Return a file's own name up to the first dot."""
    return posixpath.basename(name).split(".")[0]


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
        if not self.folders:
            return several
        more = f" and {len(self.folders) - 1:,} more folders" if len(self.folders) > 1 else ""
        return f"{several} under {self.folders[0]}/{more}"


def endings(names: Iterable[str]) -> list[Ending]:
    """Return how names end, the most frequent first."""
    counts: Counter[str] = Counter()
    folders: dict[str, dict[str, None]] = {}
    for name in names:
        ending = posixpath.splitext(name)[1].lower()
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
