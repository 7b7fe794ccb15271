"""Writing the result: to the storage once, and to the file that Kubernetes hands to the operator."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from pathlib import Path

from nas_core.contract import RESULT_FILE_LIMIT, TrialResult
from nas_core.layout import result_key
from nas_trial.errors import StorageUnavailable
from nas_trial.log import log
from nas_trial.storage import NotFound, ObjectStore


def recorded(store: ObjectStore, root: str, trial: str) -> TrialResult | None:
    """Return the result that an earlier attempt has stored, None if there is none."""
    try:
        return TrialResult.model_validate_json(store.get(result_key(root, trial)))
    except NotFound:
        return None


def record(store: ObjectStore, root: str, trial: str, result: TrialResult) -> TrialResult:
    """Store the result unless there is one; return the one that is stored then.

    While the storage is away the result is kept all the same: the operator stores what the result file says.
    """
    content = result.model_dump_json(by_alias=True, exclude_none=True).encode()
    try:
        if store.put_once(result_key(root, trial), content):
            return result
        log("result", message="an earlier attempt has recorded a result; it stands")
        return recorded(store, root, trial) or result
    except StorageUnavailable as error:
        log("storage", message=f"the result is not stored: {error}")
        return result


def tell(path: Path, result: TrialResult) -> None:
    """Write the result to the termination message, cut so that Kubernetes keeps all of it."""
    path.write_text(fit(result))


def fit(result: TrialResult) -> str:
    """Return the result as JSON of at most `RESULT_FILE_LIMIT` bytes: as much of its message, then of its metrics."""

    def render(message: int, metrics: int) -> str:
        kept = {"message": result.message[:message], "metrics": dict(list(result.metrics.items())[:metrics])}
        return result.model_copy(update=kept).model_dump_json(by_alias=True, exclude_none=True)

    def most(length: int, cut: Callable[[int], str]) -> int:
        fitting = bisect_right(range(length + 1), RESULT_FILE_LIMIT, key=lambda kept: len(cut(kept).encode()))
        return max(0, fitting - 1)

    metrics = most(len(result.metrics), lambda kept: render(0, kept))
    return render(most(len(result.message), lambda kept: render(kept, metrics)), metrics)
