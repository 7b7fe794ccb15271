"""The Secret of `spec.tracking`: only with an allowed name, and only when its owner has labelled it for tracking.

As `nas_operator.storage.credentials` does it, with a label of its own: what a server for experiments is opened with is
not for the pods of trials.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

from nas_core.reasons import TrackingReason
from nas_core.records.names import SECRET_USE_TRACKING
from nas_operator.errors import ApiError
from nas_operator.kube.client import SECRETS, Client, path
from nas_operator.storage.credentials import why_unmarked
from nas_operator.tracking.faults import TrackingFault


async def read_headers(client: Client, namespace: str, name: str, allowed: tuple[str, ...]) -> Mapping[str, str]:
    """Return the header with which a request shows who asks: the key ``token``, or ``username`` and ``password``.

    Raises:
        TrackingFault: if the Secret is not allowed, missing, not labelled or incomplete.
        ApiError: if the API server denied it for another reason.
    """
    # Before any request: the list holds even where the operator's role would allow more.
    if name not in allowed:
        raise _unusable(
            f"secretRef.name {name!r} of spec.tracking is not a Secret that the operator may read for it "
            f"({', '.join(allowed) or 'none'}); use one of them, or install the operator with tracking.secretNames "
            "that include it"
        )
    try:
        secret = await client.get(path(SECRETS, namespace, name))
    except ApiError as error:
        if error.status == 404:
            raise _unusable(
                f"Secret {name!r} is not in namespace {namespace!r}; create it with token, or username and password"
            ) from error
        if error.status == 403:
            raise _unusable(
                f"the operator's role does not let it read Secret {name!r} in namespace {namespace!r}"
            ) from error
        raise
    if unmarked := why_unmarked("secret", namespace, name, secret["metadata"], SECRET_USE_TRACKING, "tracking"):
        raise _unusable(f"Secret {name!r} {unmarked}")
    values = {key: _text(value) for key, value in secret.get("data", {}).items()}
    if token := values.get("token"):
        return {"Authorization": f"Bearer {token}"}
    if (user := values.get("username")) and (password := values.get("password")):
        return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}
    raise _unusable(f"Secret {name!r} has no readable key 'token', nor 'username' and 'password'; add them")


def _text(value: str) -> str:
    """Return a value of a Secret; empty if it is none that a header can have."""
    try:
        text = base64.b64decode(value).decode().strip()
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return text if text.isprintable() else ""


def _unusable(message: str) -> TrackingFault:
    return TrackingFault(TrackingReason.TRACKING_SECRET_UNUSABLE, message)
