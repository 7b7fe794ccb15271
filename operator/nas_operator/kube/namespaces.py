"""Whether a namespace is being deleted: nothing can be created there, and what is gone comes back no more."""

from __future__ import annotations

from nas_operator.errors import ApiError
from nas_operator.kube.client import EVENTS, Client, Json, path


async def is_terminating(client: Client, namespace: str, event: Json) -> bool:
    """Return whether a namespace is being deleted. ``event`` is any Event of an object there; none is made."""
    # The answer to an Event says so, without a right to read namespaces; a dry run, so that none is made.
    try:
        await client.request("POST", path(EVENTS, namespace), body=event, query={"dryRun": "All"})
    except ApiError as error:
        return error.terminating
    return False
