"""What the operator says of shared search spaces: whether they can be used, and how large they are."""

from __future__ import annotations

from datetime import UTC, datetime

from nas_core.api.space import NASSearchSpaceStatus
from nas_core.records.conditions import set_condition
from nas_core.records.objects import SpaceView
from nas_core.spaces import get_space
from nas_operator.kube.client import SPACES, Client, path
from nas_operator.kube.merge_patch import merge_patch
from nas_plan.preview import written_size


def space_status(space: SpaceView, now: datetime) -> NASSearchSpaceStatus:
    """Return the status of a shared space."""
    old = NASSearchSpaceStatus.model_validate(space.raw_status)
    usable = space.spec is not None
    reason, message = ("Valid", "") if usable else ("InvalidSpec", f"{space.error}; create a corrected one")
    conditions = set_condition(old.conditions, "Accepted", usable, reason, message, now, space.generation)
    size = written_size(get_space(space.spec).size) if space.spec else None
    return NASSearchSpaceStatus(observed_generation=space.generation, conditions=conditions, size=size)


async def report(client: Client, space: SpaceView) -> None:
    """Write the status of a shared space, if it tells anything new.

    Raises:
        ApiError, aiohttp.ClientError, TimeoutError: to be tried again with a backoff.
    """
    patch = merge_patch(space.raw_status, space_status(space, datetime.now(UTC)).to_dict())
    if patch and not space.meta.deleting:
        body = {"metadata": {"resourceVersion": str(space.meta.resource_version)}, "status": patch}
        await client.patch(path(SPACES, *space.meta.key, "status"), body)
