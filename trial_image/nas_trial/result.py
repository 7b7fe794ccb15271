"""Writing the result: to the storage once, and to the file that Kubernetes hands to the operator."""

from __future__ import annotations

from pathlib import Path

from nas_core.contract import RESULT_FILE_LIMIT, TrialResult
from nas_core.layout import result_key
from nas_trial.log import log
from nas_trial.storage import NotFound, ObjectStore


def recorded(store: ObjectStore, root: str, trial: str) -> TrialResult | None:
    """Return the result that an earlier attempt has stored, None if there is none."""
    try:
        return TrialResult.model_validate_json(store.get(result_key(root, trial)))
    except NotFound:
        return None


def record(store: ObjectStore, root: str, trial: str, result: TrialResult) -> TrialResult:
    """Store the result unless there is one; return the one that is stored then."""
    content = result.model_dump_json(by_alias=True, exclude_none=True).encode()
    if store.put_once(result_key(root, trial), content):
        return result
    log("result", message="an earlier attempt has recorded a result; it stands")
    return recorded(store, root, trial) or result


def tell(path: Path, result: TrialResult) -> None:
    """Write the result to the termination message; its message is cut so that it fits."""
    text = result.model_dump_json(by_alias=True, exclude_none=True)
    while len(text.encode()) > RESULT_FILE_LIMIT:
        excess = len(text.encode()) - RESULT_FILE_LIMIT
        if not result.message:
            result = result.model_copy(update={"metrics": dict(list(result.metrics.items())[:-1])})
        else:
            kept = result.message[: max(0, len(result.message) - excess - 1)]
            result = result.model_copy(update={"message": kept})
        text = result.model_dump_json(by_alias=True, exclude_none=True)
    path.write_text(text)
