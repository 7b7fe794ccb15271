"""What the names of files tell: which are no data, and which split an example belongs to. Pure."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

PARTS: Mapping[str, str] = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev", "eval"), "val"),
    **dict.fromkeys(("test", "testing", "holdout"), "test"),
}
"""Words, in lower case, that name a split."""
_LITTER = {"__macosx", "thumbs.db", "desktop.ini"}


def hidden(name: str) -> bool:
    """Whether a file is none of the data's: what systems and editors leave behind, and names that begin with a dot."""
    return any(word.startswith(".") or word.lower() in _LITTER for word in name.split("/"))


def part_of_file(name: str) -> str | None:
    """Return the split that a file's own name tells: its first word, up to ``-``, ``_`` or a dot."""
    return PARTS.get(posixpath.basename(name).split(".")[0].replace("_", "-").split("-")[0].lower())


def part_of_folder(name: str) -> str | None:
    """Return the split that a file's outermost folder tells."""
    return PARTS.get(name.split("/")[0].lower()) if "/" in name else None
