"""What a Secret holds, if its owner has labelled it for the use that the operator makes of it.

For storages and for servers of `spec.tracking`: without the label users would read, through the operator, Secrets that
RBAC denies them.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from enum import Enum, auto

from nas_core.records.names import SECRET_USE_LABEL
from nas_operator.errors import ApiError
from nas_operator.kube.client import SECRETS, Client, Json, path


class Why(Enum):
    """Why a Secret cannot be read."""

    NOT_FOUND = auto()
    DENIED = auto()
    NOT_LABELLED = auto()


class SecretUnread(Exception):
    """A Secret cannot be read; the message names it and the remedy."""

    def __init__(self, why: Why, message: str) -> None:
        super().__init__(message)
        self.why, self.message = why, message


def why_unmarked(kind: str, namespace: str, name: str, metadata: Json, use: str, whose: str) -> str | None:
    """Say of a Secret or ConfigMap that its owner has not labelled it for a use, and how to; None if it is."""
    if metadata.get("labels", {}).get(SECRET_USE_LABEL) == use:
        return None
    command = f"kubectl label {kind} {name} {SECRET_USE_LABEL}={use} -n {namespace}"
    return f"is not marked for {whose}; its owner allows it with: {command}"


async def read_labelled_secret(
    client: Client, namespace: str, name: str, use: str, whose: str, keys: str
) -> Mapping[str, str]:
    """Return the values of a Secret by their keys; one that is no text is empty.

    Args:
        client: of the API server.
        namespace: of the Secret.
        name: of the Secret, which the operator is allowed to read.
        use: value of the label that its owner sets.
        whose: whose use that is, in words.
        keys: what it has to have, in words, for whoever creates it.

    Raises:
        SecretUnread: if it is missing, not for the operator to read or not labelled.
        ApiError: if the API server denied it for another reason.
    """
    try:
        secret = await client.get(path(SECRETS, namespace, name))
    except ApiError as error:
        if error.status == 404:
            message = f"Secret {name!r} is not in namespace {namespace!r}; create it with {keys}"
            raise SecretUnread(Why.NOT_FOUND, message) from error
        if error.status == 403:
            message = f"the operator's role does not let it read Secret {name!r} in namespace {namespace!r}"
            raise SecretUnread(Why.DENIED, message) from error
        raise
    if unmarked := why_unmarked("secret", namespace, name, secret["metadata"], use, whose):
        raise SecretUnread(Why.NOT_LABELLED, f"Secret {name!r} {unmarked}")
    return {key: _decoded(value) for key, value in secret.get("data", {}).items()}


def _decoded(value: str) -> str:
    try:
        return base64.b64decode(value).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
