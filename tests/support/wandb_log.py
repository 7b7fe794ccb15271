"""What the package `wandb` has written about a run, by its own records.

Its reader is a program of its own; the file is a log of LevelDB (its `doc/log_format.md`) with a header of seven bytes.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wandb.proto import wandb_internal_pb2

HEADER, BLOCK, PIECE = b":W&B", 1 << 15, struct.Struct("<IHB")
"""Of the file; bytes of a block; checksum, length and kind before a piece of a record."""
# The module takes its names from another one for each release of protobuf, which mypy cannot follow.
RECORD: Any = vars(wandb_internal_pb2)["Record"]
FULL, LAST = 1, 4
"""Kinds of a piece with which a record ends."""


@dataclass
class LoggedRun:
    """A run as it would be sent."""

    run: Any = None
    config: dict[str, Any] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)
    summary: dict[str, Any] = field(default_factory=dict)
    exit_code: int | None = None


def read(folder: Path) -> LoggedRun:
    """Read the one log of a run's folder."""
    [path] = folder.glob("run-*.wandb")
    found = LoggedRun()
    for record in _records(path.read_bytes()):
        kind = record.WhichOneof("record_type")
        if kind == "run":
            found.run = record.run
            found.config |= _values(record.run.config.update)
        elif kind == "history":
            found.history.append(_values(record.history.item))
        elif kind == "summary":
            found.summary |= _values(record.summary.update)
        elif kind == "exit":
            found.exit_code = record.exit.exit_code
    return found


def _records(content: bytes) -> Iterator[Any]:
    assert content.startswith(HEADER)
    at, record = 7, b""
    while at < len(content):
        left = BLOCK - at % BLOCK
        if left < PIECE.size:
            at += left
            continue
        _, length, kind = PIECE.unpack_from(content, at)
        at += PIECE.size
        record += content[at : at + length]
        at += length
        if kind in (FULL, LAST):
            yield RECORD.FromString(record)
            record = b""


def _values(items: Any) -> dict[str, Any]:
    return {"/".join(item.nested_key) or item.key: json.loads(item.value_json) for item in items}
