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
    "image": (".png", ".jpg", ".jpeg", ".bmp", ".webp"),
    "audio": (".wav", ".flac", ".ogg", ".mp3"),
}
"""Endings of image and sound files."""
NAMES: Mapping[str, str] = {"npz": ".npz", "idx": "IDX", "csv": "CSV", "parquet": "Parquet", "jsonl": "JSONL"}
"""What messages call the formats that are recognised by the names of their files."""


def any_of(formats: Mapping[str, object] = NAMES) -> str:
    """Return formats for a message: ``CSV, Parquet or JSONL``."""
    *others, last = (NAMES[name] for name in formats)
    return f"{', '.join(others)} or {last}"
