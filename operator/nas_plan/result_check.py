"""Checks a trial's result: it has the metrics that decisions need, a refusal has its reason, and everything fits.

Called once, when the result gets its sequence number (`nas_plan.trial_status.record_end`).
"""

from __future__ import annotations

import math
from typing import TypeVar

from pydantic import ValidationError

from nas_core.api.curve import EPOCH_LIMIT
from nas_core.api.gradient import gradient_of
from nas_core.api.search import NASSearchSpec
from nas_core.api.trial import ADDRESS_LENGTH, Derived, NASTrialSpec, NASTrialStatus
from nas_core.contract import METRIC_NAME_LIMIT, MOST_WARNINGS, CandidateResult, TrialResult, best_result
from nas_core.metric_names import on_test_split
from nas_core.objectives import known_to_break
from nas_core.reasons import TrialReason
from nas_core.spaces import get_space
from nas_core.states import Outcome, Work

DERIVED_METRICS_KEPT = 16

Result = TypeVar("Result", TrialResult, CandidateResult)


def check_result(trial: NASTrialSpec, result: TrialResult, spec: NASSearchSpec) -> TrialResult:
    """Return the result, or of several candidates those, turned into failures where a metric that counts is missing.

    A refusal that no constraint bears out is a failure too. A trial of several candidates has the result of the best
    of them; when none is well it was refused if one was, else it has failed. What a trial says of
    itself and the API server would deny is dropped: no trial may keep its search from writing.
    """
    result = result.model_copy(update=dict.fromkeys(_unwritable(result)))
    if trial.work == Work.EARLIER:
        return result
    if trial.work == Work.PREPARE:
        return _check_dataset(result.model_copy(update={"derived": []}))
    if trial.work == Work.SUPERNET:
        return _check_supernet(result.model_copy(update={"dataset": None, "candidates": []}), spec)
    result = result.model_copy(update={"dataset": None, "derived": []})
    if len(trial.candidates) == 1 or result.outcome == Outcome.FAILED:
        result = result.model_copy(update={"candidates": []})
    if len(trial.candidates) == 1:
        return _check_outcome(result, spec, trial.work)
    if result.outcome == Outcome.FAILED:
        return result
    # By id: a trainer may report its candidates in any order, and leave some out.
    reported = {candidate.id: candidate for candidate in result.candidates}
    results = [_check_candidate(reported.get(asked.id), asked.id, spec, trial.work) for asked in trial.candidates]
    if best := best_result(results, spec.objectives[0]):
        whole = {"outcome": Outcome.SUCCEEDED, "metrics": best.metrics, "checkpoint": best.checkpoint}
        return result.model_copy(update=whole | {"candidates": results})
    first = next((r for r in results if r.outcome == Outcome.REFUSED), results[0])
    whole = {"outcome": first.outcome, "reason": first.reason, "message": f"all candidates: {first.message}"}
    kept = results if first.outcome == Outcome.REFUSED else []
    return result.model_copy(update=whole | {"metrics": {}, "candidates": kept})


def _check_dataset(result: TrialResult) -> TrialResult:
    """Return the result of preparing, with what is odd about the data among its warnings."""
    dataset = result.dataset
    result = result.model_copy(update={"candidates": []})
    if result.outcome == Outcome.FAILED:
        return result.model_copy(update={"dataset": None})
    if result.outcome == Outcome.REFUSED or dataset is None or dataset.address is None:
        message = "the trial was to prepare the data, but reported no data set with an address"
        return _failed(result.model_copy(update={"dataset": None}), TrialReason.RESULT_INVALID, message)
    warnings = list(dict.fromkeys([*result.warnings, *dataset.warnings]))[:MOST_WARNINGS]
    return result.model_copy(update={"warnings": warnings, "dataset_hash": dataset.hash})


def _check_supernet(result: TrialResult, spec: NASSearchSpec) -> TrialResult:
    """Return the result of a supernet: it has what it was trained for, and what it has derived is of the space."""
    nothing = result.model_copy(update={"derived": []})
    if result.outcome == Outcome.FAILED:
        return nothing
    if result.outcome == Outcome.REFUSED:
        return _failed(nothing, TrialReason.RESULT_INVALID, "the trial refused a supernet, which has no constraints")
    if gradient_of(spec.strategy) and not result.derived:
        message = "the trial was to derive an architecture, but reported none"
        return _failed(nothing, TrialReason.RESULT_INVALID, message)
    if spec.evaluation.supernet and result.checkpoint is None:
        message = "the trial was to train shared weights, but reported no address of them"
        return _failed(nothing, TrialReason.RESULT_INVALID, message)
    space = get_space(spec.search_space, spec.hyperparameters)
    for place, derived in enumerate(result.derived):
        try:
            space.validate(derived.architecture)
        except ValueError as invalid:
            message = f"the derived architecture {place} is none of the search's space: {invalid}"
            return _failed(nothing, TrialReason.RESULT_INVALID, message)
    return result.model_copy(update={"derived": [_short(derived) for derived in result.derived]})


def _short(derived: Derived) -> Derived:
    """Return what was derived with as many metrics as a status may hold."""
    fit = [(name, v) for name, v in derived.metrics.items() if math.isfinite(v) and len(name) <= METRIC_NAME_LIMIT]
    return derived.model_copy(update={"metrics": dict(fit[:DERIVED_METRICS_KEPT])})


def _check_candidate(result: CandidateResult | None, identity: str, spec: NASSearchSpec, work: Work) -> CandidateResult:
    if result is None:
        message = (
            "the trial reported no result for this candidate; a trainer that evaluates one at a time needs "
            "evaluation.candidatesPerTrial: 1"
        )
        return CandidateResult(id=identity, outcome=Outcome.FAILED, reason=TrialReason.RESULT_MISSING, message=message)
    if len(result.checkpoint or "") > ADDRESS_LENGTH:
        result = result.model_copy(update={"checkpoint": None})
    return _check_outcome(result, spec, work)


def _check_outcome(result: Result, spec: NASSearchSpec, work: Work) -> Result:
    if result.outcome != Outcome.REFUSED:
        # A score is taken before any training, so there is no objective yet that it could lack.
        return result if work == Work.SCORE else _check_metrics(result, spec, work)
    if known_to_break(result.metrics, spec.constraints):
        return result
    message = "the trainer refused the candidate, but its metrics break no constraint"
    return _failed(result, TrialReason.REFUSAL_UNFOUNDED, message)


def _failed(result: Result, reason: TrialReason, message: str) -> Result:
    return result.model_copy(update={"outcome": Outcome.FAILED, "reason": reason, "message": message})


def _check_metrics(result: Result, spec: NASSearchSpec, work: Work) -> Result:
    """Return the result if objectives and constraints can be told from it, else a failure that says what is missing."""
    if result.outcome != Outcome.SUCCEEDED:
        return result
    named = [("objectives", o.metric) for o in spec.objectives]
    named += [("constraints", c.metric) for c in spec.constraints]
    named += [("targets", limit.metric) for target in spec.targets for limit in target.constraints]
    for field, metric in named:
        value = result.metrics.get(metric)
        # A retraining may train on the validation split too, and measures on the test split instead.
        if value is None and work == Work.RETRAIN:
            value = result.metrics.get(on_test_split(metric))
        if value is None:
            reported = ", ".join(sorted(result.metrics)) or "none"
            message = f"the trial reported no {metric!r}, which {field} name; it reported: {reported}"
            return _failed(result, TrialReason.METRIC_MISSING, message)
        if not math.isfinite(value):
            message = f"the trial reported {metric}={value}"
            return _failed(result, TrialReason.METRIC_NOT_FINITE, message)
    return result


def _unwritable(result: TrialResult) -> set[str]:
    """Return the fields of a result that are out of the bounds of a trial's status."""
    names = {name for name in ("epochs", "resumed_from_epoch") if not 0 <= (getattr(result, name) or 0) <= EPOCH_LIMIT}
    try:
        NASTrialStatus(checkpoint=result.checkpoint, bundle=result.bundle, dataset_hash=result.dataset_hash)
    except ValidationError as error:
        names |= {str(fault["loc"][0]) for fault in error.errors()}
    return names
