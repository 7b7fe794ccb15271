"""The ledger of a search: its ended trials, in segments that are never changed. The format; pure.

A segment is gzip'd JSON, a line each: its header first, then trials with name, UID, spec and status. The header names
the search and the hash of the segment before. So the hash of the last one, which the search's status has
(`status.ledger`), fixes all: nobody who can write to the bucket can change what was recorded without being noticed.
Beside the segments lies a head with the search itself and the trials that are in no segment: what it takes to go on
with the search elsewhere (`nas_client.moving`). `nas_plan.trial_ledger` decides what is written,
`nas_operator.storage.ledgers` writes and reads it.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import BaseModel

from nas_core.api.search import NASSearchSpec
from nas_core.api.search_status import LedgerStatus, NASSearchStatus
from nas_core.api.trial import NASTrialSpec, NASTrialStatus
from nas_core.layout import SearchIdentity, segment_key
from nas_core.records.metadata import Meta
from nas_core.records.search import ReadableSearch, SearchObject
from nas_core.records.trial import TrialView

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
    previous: str | None = None
    trials: int


class _Trial(BaseModel):
    name: str
    uid: str
    asked: str | None = None
    spec: NASTrialSpec
    status: NASTrialStatus


class _Head(BaseModel):
    namespace: str
    search: str
    uid: str
    created: datetime
    asked: str | None = None
    spec: NASSearchSpec
    status: NASSearchStatus
    trials: list[_Trial]


_UNREADABLE = (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError, StopIteration)
"""What reading something that is no segment may raise."""


@dataclass(frozen=True)
class Segment:
    """A segment that is to be put."""

    content: bytes
    before: LedgerStatus | None
    """The ledger that it continues; None: it is the first."""
    after: LedgerStatus
    """The ledger with it."""
    trials: tuple[TrialView, ...]
    head: bytes
    """What :func:`read_head` reads: the search as it is with this segment."""

    def key(self, root: str) -> str:
        """Return its key below the root of the search."""
        return segment_key(root, self.after.segments, self.after.hash)


def write_segment(
    search: ReadableSearch,
    before: LedgerStatus | None,
    trials: Sequence[TrialView],
    others: Iterable[TrialView] = (),
) -> Segment:
    """Return the segment that adds trials, at least one, to a ledger. The same trials give the same bytes.

    ``others`` are those that are in no segment then.
    """
    meta = search.meta
    number = before.segments + 1 if before else 1
    header = _Header(
        format=FORMAT,
        namespace=meta.namespace,
        search=meta.name,
        uid=meta.uid,
        segment=number,
        previous=before.hash if before else None,
        trials=len(trials),
    )
    lines = [header, *map(_line, trials)]
    content = _packed("".join(_json(line) + "\n" for line in lines))
    known = before.trials if before else 0
    after = LedgerStatus(segments=number, trials=known + len(trials), hash=hash_of(content))
    head = _Head(
        namespace=meta.namespace,
        search=meta.name,
        uid=meta.uid,
        created=search.created,
        asked=search.asked,
        spec=search.spec,
        status=search.status.model_copy(update={"ledger": after}),
        trials=[_line(trial) for trial in others],
    )
    return Segment(content, before, after, tuple(map(_as_kept, trials)), _packed(_json(head)))


def read_head(content: bytes) -> tuple[ReadableSearch, LedgerStatus, list[TrialView]]:
    """Return the search of a head, its ledger, and those of its trials that are in no segment.

    Raises:
        LedgerDamaged: if it cannot be read.
    """
    try:
        head = _Head.model_validate_json(_plain(content))
        meta = Meta(head.namespace, head.search, head.uid, 0, None, None, head.search)
        if head.status.ledger is None:
            raise ValueError("it names no ledger")
        search = SearchObject(meta, 0, head.created, (), head.status, asked=head.asked).readable(head.spec)
        return search, head.status.ledger, [_read(line, meta) for line in head.trials]
    except _UNREADABLE as error:
        raise LedgerDamaged(f"the head cannot be read: {type(error).__name__}: {error}") from error


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
            lines = iter(_plain(content).splitlines())
            header = _Header.model_validate_json(next(lines))
            # pydantic's parser keeps one copy of strings that come again, as names and options do in every trial.
            trials = [_read(_Trial.model_validate_json(line), self._search) for line in lines]
        except _UNREADABLE as error:
            raise LedgerDamaged(f"{where} cannot be read: {type(error).__name__}: {error}") from error
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


def _line(trial: TrialView) -> _Trial:
    return _Trial(name=trial.meta.name, uid=trial.meta.uid, asked=trial.asked, spec=trial.spec, status=trial.status)


def _read(line: _Trial, search: SearchIdentity) -> TrialView:
    meta = Meta(search.namespace, line.name, line.uid, 0, None, search.uid, search.name)
    return TrialView(meta, line.spec, line.status, asked=line.asked)


def _as_kept(trial: TrialView) -> TrialView:
    """Return a trial as it is read from the ledger: without what only an object has."""
    return replace(trial, meta=replace(trial.meta, resource_version=0), raw_status={})


def _json(line: BaseModel) -> str:
    return line.model_dump_json(by_alias=True, exclude_none=True)


def _packed(text: str) -> bytes:
    # Without the time of writing, which gzip has by default.
    return gzip.compress(text.encode(), compresslevel=6, mtime=0)


def _plain(content: bytes) -> str:
    """Unpack what was stored; what unpacks to more than is allowed is not read to its end."""
    with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
        plain = file.read(PLAIN_LIMIT + 1)
    if len(plain) > PLAIN_LIMIT:
        raise ValueError(f"it has more than {PLAIN_LIMIT:,} bytes")
    return plain.decode()
