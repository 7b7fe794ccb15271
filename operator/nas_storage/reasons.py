"""Why a storage cannot be used: the reasons of the condition StorageReady."""

from __future__ import annotations

from enum import StrEnum


class StorageReason(StrEnum):
    """Reasons of a :class:`~nas_storage.faults.StorageFault`."""

    BUCKET_NOT_FOUND = "BucketNotFound"
    """The server knows no bucket of this name. Create it, or correct storage.bucket."""
    ACCESS_DENIED = "AccessDenied"
    """The server refused the keys of the Secret. Correct the Secret, or the bucket's policy."""
    STORAGE_ERROR = "StorageError"
    """The server answered an error, or something that is no answer of an S3 server. It is asked again."""
    STORAGE_UNREACHABLE = "StorageUnreachable"
    """The server does not answer in time. Check storage.endpoint; the search goes on when it answers."""
    SECRET_NOT_ALLOWED = "SecretNotAllowed"
    """The operator may not read a Secret of this name. Use one of those it was installed with."""
    SECRET_NOT_FOUND = "SecretNotFound"
    """The search's namespace has no such Secret. Create it."""
    SECRET_NOT_LABELLED = "SecretNotLabelled"
    """The owner of the Secret has not allowed trials to use it. Label it nas-operator.io/use=trial."""
    SECRET_INCOMPLETE = "SecretIncomplete"
    """The Secret has no readable accessKeyID or secretAccessKey. Add it."""
