"""The endings of files of tables, images and sound."""

from __future__ import annotations

from collections.abc import Mapping

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
