"""What can be wrong with a storage, in words a user can act on."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError


class StorageFault(Exception):
    """The storage cannot be used now. ``reason`` is a PascalCase word, ``message`` says what to do."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason, self.message = reason, message


_DENIED = {
    "AccessDenied",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "Forbidden",
    "403",
    "ExpiredToken",
    "InvalidToken",
}


def explain(
    error: ClientError | BotoCoreError | OSError, bucket: str, endpoint: str | None, secret: str
) -> StorageFault:
    """Turn a library error into a fault that names field, value and remedy."""
    where = endpoint or "Amazon S3"
    if isinstance(error, ClientError):
        code = error.response.get("Error", {}).get("Code", "")
        if code == "NoSuchBucket":
            return StorageFault(
                "BucketNotFound", f"storage.bucket {bucket!r} does not exist at {where}; create it or correct the name"
            )
        if code in _DENIED:
            return StorageFault(
                "AccessDenied",
                f"{where} refused the credentials of Secret {secret!r} for bucket {bucket!r} ({code}); "
                "correct accessKeyID and secretAccessKey, or the bucket's policy",
            )
        return StorageFault(
            "StorageError", f"{where} answered {code or 'an error'} for bucket {bucket!r}; trying again"
        )
    return StorageFault(
        "StorageUnreachable",
        f"{where} does not answer ({type(error).__name__}); check storage.endpoint, or wait: "
        "the search goes on when it is back",
    )
