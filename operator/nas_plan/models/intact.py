"""Whether the files of a model are in the bucket as they were made."""

from __future__ import annotations

from nas_core.api.model import NASModelStatus
from nas_core.reasons import ModelReason
from nas_core.records.conditions import set_condition
from nas_core.states import ConditionType
from nas_plan.models.snapshot import ModelSnapshot

MOST_NAMED = 5


def intact(snapshot: ModelSnapshot) -> NASModelStatus:
    """Return the status of a model that is made, with what the bucket says of its files now."""
    status, stored = snapshot.model.status, snapshot.stored
    holds: bool | str
    if snapshot.fault is not None:
        holds, reason, message = "Unknown", ModelReason.STORAGE_FAULT, snapshot.fault.message
    elif stored is None:
        return status
    elif wrong := [
        f"{file.path} is missing" if file.path not in stored.tags else f"{file.path} was changed"
        for file in status.artifacts
        if file.path not in stored.tags or file.path in stored.wrong
    ]:
        more = f", and {len(wrong) - MOST_NAMED} more" if len(wrong) > MOST_NAMED else ""
        holds, reason, message = False, ModelReason.FILES_DAMAGED, ", ".join(wrong[:MOST_NAMED]) + more
    else:
        holds, reason, message = True, ModelReason.FILES_INTACT, ""
    conditions = set_condition(
        status.conditions,
        ConditionType.STORAGE_INTACT,
        holds,  # type: ignore[arg-type]
        reason,
        message,
        snapshot.now,
        snapshot.model.generation,
    )
    return status.model_copy(update={"conditions": conditions})
