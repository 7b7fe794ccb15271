"""The ledger of a search: its ended trials, in segments that are never changed. The format; pure.

A segment is gzip'd JSON, a line each: its header first, then trials with name, UID, spec and status. The header names
the search and the hash of the segment before. So the hash of the last one, which the search's status has
(`status.ledger`), fixes all: nobody who can write to the bucket can change what was recorded without being noticed.
`nas_plan.trial_ledger` decides what is written, `nas_operator.storage.ledgers` writes and reads it.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel

from nas_core.api.search_status import LedgerStatus
from nas_core.api.trial import NASTrialSpec, NASTrialStatus
from nas_core.layout import SearchIdentity, segment_key
from nas_core.records.objects import Meta, TrialView

FORMAT = 1
STORED_LIMIT = 32 << 20
"""Bytes of a segment in the bucket that are read."""
PLAIN_LIMIT = 64 << 20
"""Bytes of a segment that are unpacked: a few hundred trials, of which etcd takes each with 1.5 MiB at most."""


class LedgerDamaged(ValueError):
    """A segment is missing, is not what its hash says, or cannot be read. The message names it."""


class _Header(BaseModel):
    format: int
    namespace: str
    search: str
    uid: str
    segment: int
    previous: str | None
    trials: int


@dataclass(frozen=True)
class Segment:
    """A segment that is to be put."""

    content: bytes
    before: LedgerStatus | None
    """The ledger that it continues; None: it is the first."""
    after: LedgerStatus
    """The ledger with it."""
    trials: tuple[TrialView, ...]

    def key(self, root: str) -> str:
        """Return its key below the root of the search."""
        return segment_key(root, self.after.segments, self.after.hash)


def write_segment(search: SearchIdentity, before: LedgerStatus | None, trials: Sequence[TrialView]) -> Segment:
    """Return the segment that adds trials, at least one, to a ledger. The same trials give the same bytes."""
    number = before.segments + 1 if before else 1
    header = _Header(
        format=FORMAT,
        namespace=search.namespace,
        search=search.name,
        uid=search.uid,
        segment=number,
        previous=before.hash if before else None,
        trials=len(trials),
    )
    lines = [header.model_dump(), *map(_line, trials)]
    text = "".join(json.dumps(line, separators=(",", ":"), sort_keys=True) + "\n" for line in lines)
    # Without the time of writing, which gzip has by default.
    content = gzip.compress(text.encode(), compresslevel=6, mtime=0)
    known = before.trials if before else 0
    after = LedgerStatus(segments=number, trials=known + len(trials), hash=hash_of(content))
    return Segment(content, before, after, tuple(map(_as_kept, trials)))


def hash_of(content: bytes) -> str:
    """Return the hash of a segment."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


class LedgerReader:
    """Reads a ledger backwards, from the segment that the status names to the first, or to one that is known."""

    def __init__(self, search: SearchIdentity, ledger: LedgerStatus, known: LedgerStatus | None = None) -> None:
        """``known``: the ledger as it was when all its trials were read; only what came after is read again."""
        self._search, self._ledger, self._known = search, ledger, known
        self._number, self._hash = ledger.segments, ledger.hash
        self._segments: list[list[TrialView]] = []

    def next_key(self, root: str) -> str | None:
        """Return the key of the segment that is to be read next, None if all have been."""
        known = self._known
        if known and (self._number, self._hash) == (known.segments, known.hash):
            return None
        return segment_key(root, self._number, self._hash) if self._number else None

    def take(self, content: bytes | None) -> None:
        """Take in the content of that segment; None: there is none.

        Raises:
            LedgerDamaged: if it is not the one that was asked for.
        """
        where = f"segment {self._number} of {self._ledger.segments}"
        if content is None:
            raise LedgerDamaged(f"{where} is missing")
        if hash_of(content) != self._hash:
            raise LedgerDamaged(f"{where} is not what was written: its sha256 is another")
        try:
            lines = _unpacked(content)
            header = _Header.model_validate_json(next(lines))
            trials = [_read(json.loads(line), self._search) for line in lines]
        except LedgerDamaged:
            raise
        except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError, StopIteration) as error:
            raise LedgerDamaged(f"{where} cannot be read: {type(error).__name__}") from error
        wanted = {"format": FORMAT, "uid": self._search.uid, "segment": self._number, "trials": len(trials)}
        for name, value in wanted.items():
            if (found := getattr(header, name)) != value:
                raise LedgerDamaged(f"{where} has {name} {found!r}, and {value!r} was expected")
        if (header.previous is None) != (self._number == 1):
            raise LedgerDamaged(f"{where} names {header.previous} as the one before")
        self._segments.append(trials)
        self._number, self._hash = self._number - 1, header.previous or ""

    def trials(self) -> list[TrialView]:
        """Return the trials of the segments, in the order in which they were written, once all have been read.

        Raises:
            LedgerDamaged: if they are not as many as the status says.
        """
        found = [trial for segment in reversed(self._segments) for trial in segment]
        wanted = self._ledger.trials - (self._known.trials if self._known else 0)
        if len(found) != wanted:
            raise LedgerDamaged(f"it has {len(found)} more trials, and the status says {wanted}")
        return found


def _line(trial: TrialView) -> dict[str, Any]:
    asked = {"asked": trial.asked} if trial.asked else {}
    meta = {"name": trial.meta.name, "uid": trial.meta.uid}
    return meta | asked | {"spec": trial.spec.to_dict(), "status": trial.status.to_dict()}


def _read(line: Mapping[str, Any], search: SearchIdentity) -> TrialView:
    return TrialView(
        meta=Meta(search.namespace, line["name"], line["uid"], 0, None, search.uid, search.name),
        spec=NASTrialSpec.model_validate(line["spec"]),
        status=NASTrialStatus.model_validate(line["status"]),
        asked=line.get("asked"),
    )


def _as_kept(trial: TrialView) -> TrialView:
    """Return a trial as it is read from the ledger: without what only an object has."""
    return replace(trial, meta=replace(trial.meta, resource_version=0), raw_status={})


def _unpacked(content: bytes) -> Iterator[str]:
    """Yield the lines; what unpacks to more than is allowed is not read to its end."""
    with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
        plain = file.read(PLAIN_LIMIT + 1)
    if len(plain) > PLAIN_LIMIT:
        raise LedgerDamaged(f"a segment has more than {PLAIN_LIMIT:,} bytes")
    return iter(plain.decode().splitlines())
