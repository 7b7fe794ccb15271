"""The formats of data sets. Imports next to nothing: messages and readers both need it."""

from __future__ import annotations

from collections.abc import Mapping

NAMES: Mapping[str, str] = {"npz": ".npz", "idx": "IDX", "csv": "CSV", "parquet": "Parquet", "jsonl": "JSONL"}
"""What messages call the formats that are recognised by the names of their files."""


def any_of(formats: Mapping[str, object] = NAMES) -> str:
    """Return formats for a message: ``CSV, Parquet or JSONL``."""
    *others, last = (NAMES[name] for name in formats)
    return f"{', '.join(others)} or {last}"
