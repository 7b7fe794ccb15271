"""The trainer's interface to a storage: put, get, download and list objects."""

from __future__ import annotations

from typing import Protocol


class Writable(Protocol):
    """What an object is downloaded into."""

    def write(self, content: bytes, /) -> object:
        """Take the next bytes."""


class ObjectStore(Protocol):
    """Objects by key. Every method raises :class:`~nas_storage.faults.StorageFault` while the storage is away."""

    def get(self, key: str, limit: int | None = None) -> bytes:
        """Return an object's content; raise NotFound if there is none, ObjectTooLarge if it has more bytes."""

    def head(self, key: str, size: int) -> bytes:
        """Return an object's first bytes, fewer if it has fewer; raise NotFound if there is none."""

    def download(self, key: str, file: Writable) -> None:
        """Write an object's content to a file, part by part; raise NotFound if there is none."""

    def put(self, key: str, content: bytes) -> None:
        """Put an object, replacing one of this key."""

    def put_once(self, key: str, content: bytes) -> bool:
        """Put an object unless there is one; return whether it was put."""

    def keys(self, prefix: str) -> list[str]:
        """Return the keys below a prefix, sorted."""

    def tags(self, prefix: str) -> dict[str, str]:
        """Return the keys below a prefix, each with a tag that changes with the content."""

    def delete(self, key: str) -> None:
        """Delete an object; none is no error."""
