"""How files of data are recognised by their names: tables, images, sound, archives, splits, and what is no data.

Who looks at data (`nasctl init`), who reads them (the trainer) and who predicts (a model) all take it from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import BinaryIO

TABLES: Mapping[str, tuple[str, ...]] = {
    "csv": (".csv", ".tsv", ".csv.gz", ".tsv.gz"),
    "parquet": (".parquet",),
    "jsonl": (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz"),
}
"""Endings of each kind of table."""
MEDIA_FILES: Mapping[str, tuple[str, ...]] = {
    "image": (
        *(".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".webp", ".avif", ".gif", ".tif", ".tiff", ".jp2"),
        *(".pbm", ".pgm", ".ppm", ".pnm"),
    ),
    "audio": (".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".au"),
}
"""Endings of image and sound files."""
EXAMPLE_FILES: Mapping[str, tuple[str, ...]] = {**MEDIA_FILES, "text": (".txt",)}
"""Endings of files that are an example each. Of texts, tables hold the text itself."""
TEXT_BYTES = 1 << 20
"""Of a file that is a text."""
TOO_LONG = f"has more than {TEXT_BYTES >> 20} MiB; one file is one text"
ARCHIVES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".zip")
"""Endings of archives that hold files of any format."""
LABEL = ".cls"
"""Ending of a file that holds the class of the sample that it is named after (WebDataset)."""
PARTS: Mapping[str, str] = {
    **dict.fromkeys(("train", "training", "trn"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev", "eval"), "val"),
    **dict.fromkeys(("test", "testing", "tst", "holdout"), "test"),
}
"""Words, in lower case, that name a split."""
_LFS_POINTER = b"version https://git-lfs.github.com/spec/"
FETCH_LFS = "is a pointer of Git LFS, not the file itself: run 'git lfs pull' where it comes from, and copy it again"
_LITTER = {"__macosx", "thumbs.db", "desktop.ini", "lost+found"}


def is_lfs_pointer(file: BinaryIO) -> bool:
    """Whether a file that was just opened is what Git has put in the place of a large one, until that is fetched."""
    return file.read(len(_LFS_POINTER)) == _LFS_POINTER


def text_of(file: BinaryIO) -> str | None:
    """Return a file that is a text: UTF-8, else Latin-1, which has a character for each byte; None if it is too long.

    That is: if it has more than `TEXT_BYTES`; `TOO_LONG` says so.
    """
    content = file.read(TEXT_BYTES + 1)
    if len(content) > TEXT_BYTES:
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def hidden(name: str) -> bool:
    """Whether a file is none of the data's: what systems and editors leave behind, and names that begin with a dot."""
    return any(word.startswith(".") or word.lower() in _LITTER for word in name.split("/"))
