"""The formats of data sets and the endings of their files. Imports nothing: messages and readers both need it."""

from __future__ import annotations

from collections.abc import Mapping

TABLES: Mapping[str, tuple[str, ...]] = {
    "csv": (".csv", ".tsv", ".csv.gz", ".tsv.gz"),
    "parquet": (".parquet",),
    "jsonl": (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz"),
}
"""Endings of each kind of table."""
MEDIA: Mapping[str, tuple[str, ...]] = {
    "image": (
        *(".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".webp", ".avif", ".gif", ".tif", ".tiff", ".jp2"),
        *(".pbm", ".pgm", ".ppm", ".pnm"),
    ),
    "audio": (".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".au"),
}
"""Endings of image and sound files."""
ARCHIVES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".zip")
"""Endings of archives that hold files of any format."""
NAMES: Mapping[str, str] = {"npz": ".npz", "idx": "IDX", "csv": "CSV", "parquet": "Parquet", "jsonl": "JSONL"}
"""What messages call the formats that are recognised by the names of their files."""


def any_of(formats: Mapping[str, object] = NAMES) -> str:
    """Return formats for a message: ``CSV, Parquet or JSONL``."""
    *others, last = (NAMES[name] for name in formats)
    return f"{', '.join(others)} or {last}"
