"""Turns botocore's errors into `nas_storage.faults`: the only file that knows its exceptions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,
    HTTPClientError,
    InvalidRegionError,
    ParamValidationError,
    SSLError,
)
from botocore.parsers import ResponseParserError

from nas_core.reasons import StorageReason
from nas_storage.faults import StorageFault
from nas_storage.own_identity import NoIdentity

NO_RIGHT = "AccessDenied"
"""The code of a key that is known, and may not do what is asked."""
_DENIED = {
    NO_RIGHT,
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "Forbidden",
    # What botocore takes for the code when an answer has no body.
    "403",
    "ExpiredToken",
    "InvalidToken",
}
CODE_LENGTH, TEXT_LENGTH = 64, 200
"""Characters of a server's error code and of a library's text that are repeated: the server may be anybody's."""
_PASSING = {"SlowDown", "RequestTimeout", "ConditionalRequestConflict"}
"""Error codes below 500 that pass."""


@dataclass(frozen=True)
class KeysOf:
    """Whose the credentials of a request are, and what to do about them, for messages."""

    name: str = "the environment"
    denied: str = "correct accessKeyID and secretAccessKey, or the bucket's policy"
    missing: str = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile (AWS_PROFILE)"


def status_of(error: ClientError) -> int:
    """Return the HTTP status of an error that the server answered; 0 if there is none."""
    metadata: dict[str, Any] = dict(error.response.get("ResponseMetadata", {}))
    return int(metadata.get("HTTPStatusCode", 0))


def explain(error: Exception, bucket: str, endpoint: str | None, keys: KeysOf) -> StorageFault:
    """Return a fault that names field, value and remedy.

    Args:
        error: whatever came out of botocore.
        bucket: the bucket's name.
        endpoint: URL of the server; None: Amazon S3.
        keys: whose the credentials are.
    """
    where = endpoint or "Amazon S3"
    # What a connection raises comes wrapped.
    if isinstance(error, HTTPClientError) and isinstance(fault := error.kwargs.get("error"), StorageFault):
        return fault
    if isinstance(error, NoIdentity):
        return StorageFault(
            StorageReason.NO_IDENTITY,
            f"there are no credentials of {keys.name} ({str(error)[:TEXT_LENGTH]}); {keys.missing}",
            detail=f"no credentials: {error}",
            passing=error.passing,
        )
    if isinstance(error, ClientError):
        return _answered(error, bucket, where, keys)
    if isinstance(error, SSLError):
        return StorageFault(
            StorageReason.STORAGE_UNREACHABLE,
            f"no TLS connection to {where} ({str(error)[-TEXT_LENGTH:]}); check storage.endpoint and that "
            "storage.caBundle holds the PEM certificate of the server's authority",
            detail=str(error),
            passing=True,
        )
    # OSError too: botocore lets some of the socket's errors through, and TimeoutError is one.
    if isinstance(error, (ConnectionError, HTTPClientError, OSError)):
        return StorageFault(
            StorageReason.STORAGE_UNREACHABLE,
            f"{where} does not answer ({type(error).__name__}); check storage.endpoint, or wait: "
            "the search goes on when it is back",
            detail=str(error),
            passing=True,
        )
    if isinstance(error, ParamValidationError):
        # Found before anything is sent, so the server is not to blame and another attempt does not help.
        return StorageFault(
            StorageReason.STORAGE_ERROR,
            f"a request for bucket {bucket!r} is not valid ({str(error)[:TEXT_LENGTH]}); correct storage.bucket or "
            "storage.prefix",
            detail=str(error),
        )
    return StorageFault(
        StorageReason.STORAGE_ERROR,
        f"{where} cannot be used for bucket {bucket!r} ({type(error).__name__}: {str(error)[:TEXT_LENGTH]}); "
        "check that storage.endpoint is an S3 server",
        detail=str(error),
        passing=isinstance(error, BotoCoreError),
    )


def _answered(error: ClientError, bucket: str, where: str, keys: KeysOf) -> StorageFault:
    code, status = error.response.get("Error", {}).get("Code", ""), status_of(error)
    # By code, not by status: S3 answers 403 and 404 for several things that ask for different remedies.
    if code == "NoSuchBucket":
        return StorageFault(
            StorageReason.BUCKET_NOT_FOUND,
            f"storage.bucket {bucket!r} does not exist at {where}; create it or correct the name",
            status=status,
            detail=code,
        )
    if code in _DENIED:
        return StorageFault(
            StorageReason.ACCESS_DENIED,
            f"{where} denied access with the credentials of {keys.name} for bucket {bucket!r} ({code}); {keys.denied}",
            status=status,
            detail=code,
        )
    return StorageFault(
        StorageReason.STORAGE_ERROR,
        f"{where} answered {code[:CODE_LENGTH] or 'an error'} for bucket {bucket!r}; trying again",
        status=status,
        detail=code,
        passing=status >= 500 or code in _PASSING,
    )


def refused_session(error: Exception, where: str, keys: KeysOf) -> StorageFault | None:
    """Return the fault of a server that was asked for a session and gives none; None if it could not be asked.

    Args:
        error: whatever came out of botocore.
        where: the server.
        keys: whose the credentials are.
    """
    answer = "what is no answer of STS"
    if isinstance(error, ClientError):
        # 501 Not Implemented is for good; the others from 500 on pass.
        if (status := status_of(error)) >= 500 and status != 501:
            return None
        stated = error.response.get("Error", {})
        # An error of the form of S3, from a server without STS, has no code here.
        words = f"{stated.get('Code', '')[:CODE_LENGTH]} {stated.get('Message', '')[:TEXT_LENGTH]}"
        answer = f"HTTP status {status} {words}".strip()
    elif not isinstance(error, (ResponseParserError, KeyError, TypeError)):
        return None
    return StorageFault(
        StorageReason.SESSION_REFUSED,
        f"storage.scoped: {where} gives the key of {keys.name} no session (AssumeRole: {answer}); let it assume "
        "storage.roleARN, take a server that has STS, or remove scoped",
        detail=answer,
    )


def no_client(error: Exception, endpoint: str | None, region: str) -> StorageFault:
    """Return the fault of a client that botocore does not make, because it does not take the endpoint or the region."""
    if isinstance(error, InvalidRegionError):
        field, remedy = f"storage.region {region!r}", "write a region's name, such as us-east-1"
    else:
        field, remedy = f"storage.endpoint {endpoint or '(Amazon S3)'}", "write a URL, such as https://s3.example.com"
    return StorageFault(
        StorageReason.STORAGE_ERROR,
        f"{field} cannot be used ({str(error)[:TEXT_LENGTH]}); {remedy}",
        detail=str(error),
    )


def too_long(answer: str, bucket: str, endpoint: str | None) -> StorageFault:
    """Return the fault of an answer that was not read to its end, such as "a list of more than 20 pages"."""
    return StorageFault(
        StorageReason.STORAGE_ERROR,
        f"{endpoint or 'Amazon S3'} gave {answer} for bucket {bucket!r}; check that storage.endpoint is an S3 server",
        detail=answer,
    )
