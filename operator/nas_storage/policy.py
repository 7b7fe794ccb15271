"""How long to wait for a storage and how often to try again. The operator and the trainer have different policies."""

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
    page_keys: int = 100
    """Keys of a list's page that are asked for."""
    pages: int = 20
    """Pages that a list may have."""
    answer_bytes: int = 256 << 10
    """Bytes of any answer but an object's: a page of the longest keys has 250 KiB; parsing takes 40 times as much."""
    connections: int = 16
    """Connections kept open."""
    patience: Patience = once


HEADER_BYTES = 128 << 10
"""Bytes that come on top of an object's own: headers and the marks of chunks."""
