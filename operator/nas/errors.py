"""What can go wrong; each message says what to do."""

from __future__ import annotations

from nas_client.errors import (
    ApiUnreachable,
    ClientError,
    ExtraMissing,
    InvalidInput,
    KubeconfigInvalid,
    SearchNotFound,
    SearchUnreadable,
)

__all__ = [
    "ApiUnreachable",
    "ClientError",
    "ExtraMissing",
    "InvalidInput",
    "KubeconfigInvalid",
    "SearchNotFound",
    "SearchUnreadable",
]
