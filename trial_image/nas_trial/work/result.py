"""The trial's result in the storage, where it is written once: the first one stands, whatever later attempts find."""

from __future__ import annotations

from pydantic import ValidationError

from nas_core.contract import RESULT_FILE_LIMIT, STORED_RESULT_LIMIT, TrialInput, TrialResult
from nas_core.layout import model_result_key, result_key
from nas_storage.faults import NotFound, ObjectTooLarge
from nas_storage.store import ObjectStore
from nas_trial.errors import StorageUnavailable
from nas_trial.process.log import log


def result_place(trial: TrialInput) -> str:
    """Return the key of a trial's result: below its search, or of work Export below its model, which outlives that."""
    if trial.model:
        return model_result_key(trial.model.prefix)
    return result_key(trial.storage.root if trial.storage else "", trial.identity.trial)


def recorded(store: ObjectStore, key: str) -> TrialResult | None:
    """Return the result that an earlier attempt has stored, None if there is none that can be read."""
    try:
        return TrialResult.model_validate_json(store.get(key, STORED_RESULT_LIMIT))
    except NotFound:
        return None
    except (ObjectTooLarge, ValidationError) as error:
        log("result", message=f"the result that is stored at {key} is broken and counts as absent: {error}")
        return None


def forget(store: ObjectStore, key: str) -> None:
    """Delete the result that a trial of the same name has stored, if there is one.

    Raises:
        StorageUnavailable: if the storage is away.
    """
    store.delete(key)


def record(store: ObjectStore, key: str, result: TrialResult) -> TrialResult:
    """Store the result unless there is one; return the one that is stored then.

    A stored one that cannot be read is replaced: nobody else can read it either, and the file that Kubernetes hands to
    the operator may be too short for the whole result. While the storage is away the result is kept all the same: the
    operator stores what that file says.

    Raises:
        StorageUnavailable: if the storage is away and the result file has no room for all candidates' results.
    """
    content = result.model_dump_json(by_alias=True, exclude_none=True).encode()
    try:
        if store.put_once(key, content):
            return result
        if earlier := recorded(store, key):
            log("result", message="an earlier attempt has recorded a result; it stands")
            return earlier
        store.put(key, content)
    except StorageUnavailable as error:
        if result.candidates and len(content) > RESULT_FILE_LIMIT:
            raise
        log("storage", message=f"the result is not stored: {error}")
    return result
