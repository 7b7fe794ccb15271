"""How long to wait for a storage and how often to ask again: what the operator and the trainer differ in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

T = TypeVar("T")


class Patience(Protocol):
    """Makes a call, again if it fails and may succeed later."""

    def __call__(self, call: Callable[[], T]) -> T:
        """Return what the call returns; raise its :class:`~nas_storage.faults.StorageFault`, or one's own, at last."""


def once(call: Callable[[], T]) -> T:
    """Make one attempt: whoever asks comes back by itself and shows in the meantime what is wrong."""
    return call()


@dataclass(frozen=True)
class Policy:
    """The bounds of a call, and the patience with it."""

    connect_s: float = 3.0
    """Seconds to wait for a connection."""
    read_s: float = 10.0
    """Seconds to wait for the next packet."""
    call_s: float = 10.0
    """Seconds for one attempt in all, however many requests and packets it takes."""
    pages: int = 20
    """Pages, of up to 1,000 keys, that a listing may have."""
    connections: int = 16
    """Connections kept open."""
    patience: Patience = once


ANSWER_BYTES = 4 << 20
"""Bytes of any answer but an object's: 1,000 keys of 1,024 characters, each written as three, are 3 MiB."""
HEADER_BYTES = 128 << 10
"""Bytes that come on top of an object's own: headers and the marks of chunks."""
