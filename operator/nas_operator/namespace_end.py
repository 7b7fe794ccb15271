"""What becomes of objects in a bucket when a namespace is deleted: what cannot be deleted soon is kept, and told.

Nobody may hold a namespace up for ever. Its Secrets are deleted with it, in any order, and nothing can be created there
any more, so nobody can bring one back, nor read an Event. So the Event is one on the namespace, in `default`.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from nas_core.reasons import EventReason, StorageReason
from nas_core.records.metadata import Meta
from nas_operator.errors import OperatorError
from nas_operator.kube.client import Client
from nas_operator.kube.namespaces import is_terminating
from nas_operator.kube.writes import Writer
from nas_operator.manifests.event import build_event, build_namespace_event
from nas_plan.actions import EventDraft
from nas_storage.faults import StorageFault

logger = logging.getLogger(__name__)

GIVING_UP = timedelta(minutes=2)
"""How long a namespace that is being deleted waits for a storage that does not work."""


async def keeps_its_objects(client: Client, owner: Meta, kind: str, root: str, fault: StorageFault) -> bool:
    """Return whether the objects of a deleted search or model stay in the bucket, as its namespace is deleted too.

    Args:
        client: of the API server.
        owner: the search or model.
        kind: which of both.
        root: where its objects are, for people.
        fault: why they cannot be deleted.
    """
    now = client.clock.now()
    # A Secret that is gone does not come back; anything else may pass.
    waits = fault.reason != StorageReason.SECRET_NOT_FOUND and now < (owner.deleted_at or now) + GIVING_UP
    probe = EventDraft.normal("Deleting", "its objects are being deleted")
    if waits or not await is_terminating(client, owner.namespace, build_event(owner, probe, now, kind)):
        return False
    message = f"the objects of {kind} {owner.name} stay in {root}, delete them by hand: {fault.message}"
    draft = EventDraft.warning(EventReason.OBJECTS_KEPT, message)
    try:
        await Writer(client).tell(build_namespace_event(owner, draft, now))
    except OperatorError as error:
        logger.warning("%s/%s: %s; the Event cannot be written: %s", *owner.key, message, error)
    return True
