"""The status of shared search spaces: whether they can be used, and how large they are."""

from __future__ import annotations

import logging
from datetime import datetime

from nas_core.api.space import NASSearchSpaceStatus
from nas_core.reasons import SpaceReason
from nas_core.records.conditions import internal_error, set_condition
from nas_core.records.space import SpaceView
from nas_core.spaces import get_space
from nas_core.states import ConditionType
from nas_operator.kube.client import SPACES, Client, path
from nas_operator.kube.merge_patch import merge_patch
from nas_operator.kube.store import SearchKey, Store
from nas_plan.preview import written_size

logger = logging.getLogger(__name__)


def space_status(space: SpaceView, now: datetime) -> NASSearchSpaceStatus:
    """Return the status of a shared space."""
    old = NASSearchSpaceStatus.model_validate(space.raw_status)
    size, reason, message = None, SpaceReason.VALID, ""
    if space.spec is None:
        reason, message = SpaceReason.INVALID_SPEC, f"{space.error}; create a corrected one"
    else:
        try:
            size = written_size(get_space(space.spec).size)
        except Exception as bug:
            # Whatever is the matter with one space is for its owner to read, and must not stop the next one's turn.
            logger.exception("search space %s/%s", *space.meta.key)
            reason, message = SpaceReason.INTERNAL_ERROR, internal_error(bug)
    usable = reason is SpaceReason.VALID
    conditions = set_condition(old.conditions, ConditionType.ACCEPTED, usable, reason, message, now, space.generation)
    return NASSearchSpaceStatus(observed_generation=space.generation, conditions=conditions, size=size)


class SpaceReporter:
    """Keeps the status of shared spaces up to date."""

    def __init__(self, client: Client, spaces: Store[SpaceView]) -> None:
        self._client, self._spaces = client, spaces

    async def reconcile(self, key: SearchKey) -> None:
        """Look at one space, if it is still there.

        Raises:
            OperatorError: to be tried again with a backoff.
        """
        if space := self._spaces.get(*key):
            await report(self._client, space)


async def report(client: Client, space: SpaceView) -> None:
    """Write the status of a shared space, if it tells anything new.

    Raises:
        OperatorError: to be tried again with a backoff.
    """
    patch = merge_patch(space.raw_status, space_status(space, client.clock.now()).to_dict())
    if patch and not space.meta.deleting:
        body = {"metadata": {"resourceVersion": str(space.meta.resource_version)}, "status": patch}
        await client.patch(path(SPACES, *space.meta.key, "status"), body)
