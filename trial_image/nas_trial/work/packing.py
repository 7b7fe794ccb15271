"""Several candidates in one trial, one after the other: import, data and device are paid for once.

Each candidate's result is stored when it is there, so that another attempt goes on with the next candidate. One that
fails does not take the others with it; when none succeeds, the trial has failed. Needs no PyTorch by itself: looking
candidates up does not either.
"""

from __future__ import annotations

import gc
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from nas_core.api.strategy import Objective
from nas_core.api.trial import CandidateSpec
from nas_core.contract import MOST_WARNINGS, STORED_RESULT_LIMIT, CandidateResult, TrialInput, TrialResult, best_result
from nas_core.layout import candidate_key
from nas_core.states import Outcome
from nas_storage.faults import NotFound, ObjectTooLarge
from nas_storage.store import ObjectStore
from nas_trial.errors import CandidateRejected, Stopped, StorageUnavailable, device_lost, explain
from nas_trial.process.log import log
from nas_trial.process.messages import Json

if TYPE_CHECKING:
    from nas_trial.training.distributed import Group

Evaluate = Callable[[CandidateSpec], TrialResult]
RESULT: Json[CandidateResult | None] = Json(CandidateResult | None)


def evaluate_all(
    trial: TrialInput,
    evaluate: Evaluate,
    store: ObjectStore | None,
    begin: Callable[[int], None],
    group: Group | None = None,
    free: Callable[[], object] = gc.collect,
) -> TrialResult:
    """Evaluate all candidates of a trial; ``begin`` is told the place of each in the trial before.

    ``free`` gives back what a candidate that failed has held.

    Of several processes (``group``) none may give a candidate up alone: what is not a rejection, which comes to all of
    them, ends the attempt.

    Raises:
        Stopped: if asked to stop.
        StorageUnavailable: if the storage could not be read.
        torch.AcceleratorError: if the GPU is of no use any more; another attempt goes on with this candidate.
    """
    whole: TrialResult | None = None
    results: list[CandidateResult] = []
    warnings: list[str] = []
    for place, candidate in enumerate(trial.candidates):
        key = candidate_key(trial.storage.root, trial.identity.trial, candidate.id) if trial.storage else ""
        stored = partial(_stored, store, key)
        result = group.from_first(stored, RESULT) if group else stored()
        if result is None:
            begin(place)
            full = _one(candidate, evaluate, free, alone=group is None)
            result = brief(candidate, full, trial.objective)
            log("candidate", **result.to_dict())
            if store:  # only the first process of a group has one
                _store(store, key, result)
            whole = whole or (full if full.outcome != Outcome.FAILED else None)
            warnings += [warning for warning in full.warnings if warning not in warnings]
        results.append(result)
    return together(trial, results, whole, warnings[:MOST_WARNINGS])


def _one(candidate: CandidateSpec, evaluate: Evaluate, free: Callable[[], object], alone: bool) -> TrialResult:
    try:
        return evaluate(candidate)
    except (Stopped, StorageUnavailable):
        raise
    except CandidateRejected as error:
        reason, message = error.reason, error.message
    except Exception as error:
        # In a group the others wait for this process. After a fault of the GPU every call to it fails.
        if not alone or device_lost(error):
            raise
        traceback.print_exc()
        reason, message = explain(error)
    # Outside of the handlers: the traceback holds the network and with it the device's memory.
    free()
    return TrialResult(outcome=Outcome.FAILED, reason=reason, message=message[:2000])


def brief(candidate: CandidateSpec, result: TrialResult, objective: Objective | None) -> CandidateResult:
    """Return what is kept of a candidate's result; the objective's metric first, so that it is cut last."""
    first = objective.metric if objective else ""
    return CandidateResult(
        id=candidate.id,
        outcome=result.outcome,
        reason=result.reason,
        message=result.message,
        metrics=dict(sorted(result.metrics.items(), key=lambda item: item[0] != first)),
        checkpoint=result.checkpoint,
    )


def together(
    trial: TrialInput, results: Sequence[CandidateResult], whole: TrialResult | None, warnings: list[str]
) -> TrialResult:
    """Return the trial's result: that of the best candidate, with all candidates' beside it.

    ``whole`` is the full result of a candidate that did not fail in this attempt, for what is the same for all.
    """
    best = best_result(results, trial.objective)
    # What stands for all when none is well: a refusal, of which at least the metrics are known, before a failure.
    first = next((result for result in results if result.outcome == Outcome.REFUSED), results[0])
    return TrialResult(
        outcome=Outcome.SUCCEEDED if best else first.outcome,
        reason="" if best else first.reason,
        message="" if best else first.message,
        metrics=best.metrics if best else {},
        checkpoint=best.checkpoint if best else None,
        epochs=whole.epochs if whole else None,
        attempt=trial.identity.attempt,
        dataset_hash=whole.dataset_hash if whole else None,
        contended=whole.contended if whole else None,
        warnings=warnings,
        candidates=list(results),
    )


def _stored(store: ObjectStore | None, key: str) -> CandidateResult | None:
    if store is None:
        return None
    try:
        return CandidateResult.model_validate_json(store.get(key, STORED_RESULT_LIMIT))
    except (NotFound, ObjectTooLarge, ValueError):  # a broken result counts as none: the candidate is evaluated again
        return None


def _store(store: ObjectStore, key: str, result: CandidateResult) -> None:
    try:
        store.put(key, result.model_dump_json(by_alias=True, exclude_none=True).encode())
    except StorageUnavailable as error:
        # The trial's own result holds it too; only another attempt would have to evaluate it again.
        log("storage", message=f"the candidate's result is not stored: {error}")
