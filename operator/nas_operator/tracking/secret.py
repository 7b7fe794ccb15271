"""The Secret of `spec.tracking`: only with an allowed name, and only when its owner has labelled it for tracking.

As `nas_operator.storage.credentials` does it, with a label of its own: what a server for experiments is opened with is
not for the pods of trials.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping

from nas_core.api.tracking import TrackingServer
from nas_core.reasons import TrackingReason
from nas_core.records.names import SECRET_USE_TRACKING
from nas_operator.kube.client import Client
from nas_operator.kube.labelled_secret import SecretUnread, read_labelled_secret
from nas_operator.settings import Settings
from nas_operator.tracking.faults import TrackingFault


async def headers_for(client: Client, namespace: str, asked: TrackingServer, settings: Settings) -> Mapping[str, str]:
    """Return what shows a server who asks for searches of a namespace; nothing if it does not want to know.

    Raises:
        TrackingFault: if the Secret is kept for another server, or as :func:`read_headers`.
        ApiError: as :func:`read_headers`.
    """
    if asked.secret_ref is None:
        return {}
    name = asked.secret_ref.name
    if settings.tracking_default.keeps(name, asked.endpoint):
        raise _kept(name)
    return await read_headers(client, namespace, name, settings.tracking_secret_names)


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
        keys = "token, or username and password"
        found = await read_labelled_secret(client, namespace, name, SECRET_USE_TRACKING, "tracking", keys)
    except SecretUnread as error:
        raise _unusable(error.message) from error
    values = {key: _in_a_header(value) for key, value in found.items()}
    if token := values.get("token"):
        return {"Authorization": f"Bearer {token}"}
    if (user := values.get("username")) and (password := values.get("password")):
        return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}
    raise _unusable(f"Secret {name!r} has no readable key 'token', nor 'username' and 'password'; add them")


def _kept(name: str) -> TrackingFault:
    """Return the fault of a Secret of the platform's default that is asked for, to be sent to another server."""
    return _unusable(
        f"Secret {name!r} is of tracking.default of the operator's chart, and goes to no other server than that one; "
        "name another Secret in secretRef of spec.tracking"
    )


def _in_a_header(value: str) -> str:
    """Return a value as a header can have it; empty if none can."""
    text = value.strip()
    return text if text.isprintable() else ""


def _unusable(message: str) -> TrackingFault:
    return TrackingFault(TrackingReason.TRACKING_SECRET_UNUSABLE, message)
