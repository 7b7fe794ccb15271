"""What can be wrong with a storage, with messages that say what to do. No S3 library is imported here.

StorageError
├── StorageFault      the storage cannot be used now
├── NotFound          there is no such object
└── ObjectTooLarge    the object has more bytes than its reader takes; the storage is fine
"""

from __future__ import annotations

from nas_core.reasons import StorageReason


class StorageError(Exception):
    """Base of the errors of this package; the client raises no others."""


class StorageFault(StorageError):
    """The storage cannot be used now. ``reason`` and ``message`` are for a condition: the message says what to do."""

    def __init__(
        self, reason: StorageReason, message: str, *, status: int = 0, detail: str = "", passing: bool = False
    ) -> None:
        """Make a fault.

        Args:
            reason: one word.
            message: names field, value and remedy.
            status: HTTP status that the server answered; 0 if there was no answer.
            detail: the server's error code, or what the library says.
            passing: whether the same call may succeed a little later.
        """
        super().__init__(message)
        self.reason, self.message = reason, message
        self.status, self.detail, self.passing = status, detail, passing


class NotFound(StorageError):
    """There is no such object."""


class ObjectTooLarge(StorageError):
    """An object has more bytes than its reader takes."""

    def __init__(self, key: str, limit: int) -> None:
        super().__init__(f"object {key} has more than {limit:,} bytes")
        self.key, self.limit = key, limit
