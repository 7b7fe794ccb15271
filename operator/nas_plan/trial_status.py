"""The next status of one trial: after a result, a crash, a stop, or a look at it while it runs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from pydantic import ValidationError

from nas_core.api.base import Condition
from nas_core.api.curve import EPOCH_LIMIT, Curve
from nas_core.api.search import NASSearchSpec
from nas_core.api.strategy import Objective
from nas_core.api.trial import Attempt, CandidateStatus, NASTrialSpec, NASTrialStatus
from nas_core.contract import METRIC_NAME_LIMIT, CandidateResult, TrialResult, best_result
from nas_core.metric_names import on_test_split
from nas_core.objectives import known_to_break
from nas_core.reasons import TrialReason
from nas_core.records.conditions import set_condition
from nas_core.records.objects import TrialView
from nas_core.states import AttemptOutcome, ConditionType, Outcome, State, Work
from nas_plan.early_stopping import extend_curve
from nas_plan.judgement import Judgement

ATTEMPTS_KEPT = 64
METRICS_KEPT = 64
CANDIDATE_METRICS_KEPT = 16
"""Of one of several candidates: what objectives, constraints and strategy name, at most 13, and a few more."""
CANDIDATE_MESSAGE_LIMIT = 512
ADDRESS_LIMIT = 1500
LOG_LIMIT = 4096
IMAGE_ID_LIMIT = 512
CURVE_METRICS_KEPT = 4
_OUR_OWN = ("conditions", "sequence", "attempts", "start_time", "completion_time", "trial_seconds", "gpu_seconds")
"""Fields of a status that the operator fills with what it knows itself."""

Result = TypeVar("Result", TrialResult, CandidateResult)


def check_result(trial: NASTrialSpec, result: TrialResult, spec: NASSearchSpec) -> TrialResult:
    """Return the result, or of several candidates those, turned into failures where a metric that counts is missing.

    A refusal that no constraint bears out is a failure too. A trial of several candidates has the result of the best
    of them; when none is well it was refused if one was, else it has failed. What a trial says of
    itself and the API server would refuse is dropped: no trial may keep its search from writing.
    """
    result = result.model_copy(update=dict.fromkeys(_unwritable(result)))
    if len(trial.candidates) == 1 or result.outcome == Outcome.FAILED:
        result = result.model_copy(update={"candidates": []})
    if len(trial.candidates) == 1:
        return _check_outcome(result, spec, trial.work)
    if result.outcome == Outcome.FAILED:
        return result
    reported = {candidate.id: candidate for candidate in result.candidates}
    results = [_check_candidate(reported.get(asked.id), asked.id, spec, trial.work) for asked in trial.candidates]
    if best := best_result(results, spec.objectives[0]):
        whole = {"outcome": Outcome.SUCCEEDED, "metrics": best.metrics, "checkpoint": best.checkpoint}
        return result.model_copy(update=whole | {"candidates": results})
    first = next((r for r in results if r.outcome == Outcome.REFUSED), results[0])
    whole = {"outcome": first.outcome, "reason": first.reason, "message": f"all candidates: {first.message}"}
    kept = results if first.outcome == Outcome.REFUSED else []
    return result.model_copy(update=whole | {"metrics": {}, "candidates": kept})


def _check_candidate(result: CandidateResult | None, identity: str, spec: NASSearchSpec, work: Work) -> CandidateResult:
    if result is None:
        message = (
            "the trial reported no result of this candidate; a trainer that takes one at a time needs "
            "evaluation.candidatesPerTrial: 1"
        )
        return CandidateResult(id=identity, outcome=Outcome.FAILED, reason=TrialReason.RESULT_MISSING, message=message)
    if len(result.checkpoint or "") > ADDRESS_LIMIT:
        result = result.model_copy(update={"checkpoint": None})
    return _check_outcome(result, spec, work)


def _check_outcome(result: Result, spec: NASSearchSpec, work: Work) -> Result:
    if result.outcome != Outcome.REFUSED:
        return result if work == Work.SCORE else _check_metrics(result, spec, work)
    if known_to_break(result.metrics, spec.constraints):
        return result
    message = "the trial was refused, but its metrics break none of the constraints"
    return _failed(result, TrialReason.REFUSAL_UNFOUNDED, message)


def _failed(result: Result, reason: TrialReason, message: str) -> Result:
    return result.model_copy(update={"outcome": Outcome.FAILED, "reason": reason, "message": message})


def _check_metrics(result: Result, spec: NASSearchSpec, work: Work) -> Result:
    """Return the result if objectives and constraints can be told from it, else a failure that says what is missing."""
    if result.outcome != Outcome.SUCCEEDED:
        return result
    named = [("objectives", o.metric) for o in spec.objectives]
    named += [("constraints", c.metric) for c in spec.constraints]
    for field, metric in named:
        value = result.metrics.get(metric)
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
        NASTrialStatus(checkpoint=result.checkpoint, dataset_hash=result.dataset_hash)
    except ValidationError as error:
        names |= {str(fault["loc"][0]) for fault in error.errors()}
    return names


def keep_metrics(metrics: Mapping[str, float], spec: NASSearchSpec, limit: int) -> dict[str, float]:
    """Return at most ``limit`` metrics; those that decisions go by come first and are never cut off."""
    named = [o.metric for o in spec.objectives] + [c.metric for c in spec.constraints]
    if spec.strategy.bayesian and spec.strategy.bayesian.cost_metric:
        named.append(spec.strategy.bayesian.cost_metric)
    ordered = {name: metrics[name] for name in named if name in metrics} | dict(metrics)
    return dict(list(ordered.items())[:limit])


def record_end(judgement: Judgement, sequence: int, spec: NASSearchSpec, now: datetime) -> NASTrialStatus:
    """Return the final status of a trial: its result gets its place in the history."""
    assert judgement.result is not None, "an ended trial has a result"
    status, result = judgement.trial.status, check_result(judgement.trial.spec, judgement.result, spec)
    succeeded, failed = result.outcome == Outcome.SUCCEEDED, result.outcome == Outcome.FAILED
    early = judgement.evidence
    reason, message = result.reason or str(Outcome.FAILED), result.message
    if succeeded:
        reason, message = (TrialReason.EARLY_STOPPED, judgement.message) if early else (TrialReason.COMPLETED, "")
    elif not failed:
        reason = Outcome.REFUSED
    ending: str = result.outcome
    if early:
        ending = State.STOPPING if spec.storage else AttemptOutcome.STOPPED
    conditions = _progressing(judgement.trial, False, ending, "", now)
    conditions = set_condition(conditions, ConditionType.SUCCEEDED, succeeded, reason, message, now)
    conditions = set_condition(conditions, ConditionType.FAILED, failed, reason, "" if succeeded else message, now)
    metrics = _keep_finite(result.metrics, spec, METRICS_KEPT)
    return _after_attempt(judgement, conditions).model_copy(
        update={
            "sequence": sequence,
            "objective": _objective(judgement, metrics, spec) if succeeded else None,
            "metrics": metrics,
            "candidates": [_candidate_status(candidate, spec) for candidate in result.candidates],
            "epoch": result.epochs if result.epochs is not None else status.epoch,
            "curve": _curve(result.curve, spec.objectives) or status.curve,
            "stop_evidence": early,
            "checkpoint": result.checkpoint or status.checkpoint,
            "completion_time": now.replace(microsecond=0),
            "dataset_hash": result.dataset_hash,
            "contended": result.contended,
            "resumed_from_epoch": result.resumed_from_epoch,
            "image_id": judgement.image_id[:IMAGE_ID_LIMIT] if judgement.image_id else None,
            "warnings": result.warnings,
            "last_log": _tail(judgement.log) if failed else None,
        }
    )


def _objective(judgement: Judgement, metrics: Mapping[str, float], spec: NASSearchSpec) -> str | None:
    if judgement.trial.spec.work == Work.SCORE:
        return None
    return ", ".join(_shown(metrics, o.metric) for o in spec.objectives)


def _candidate_status(result: CandidateResult, spec: NASSearchSpec) -> CandidateStatus:
    return CandidateStatus(
        outcome=result.outcome,
        reason=result.reason,
        message=result.message[:CANDIDATE_MESSAGE_LIMIT],
        metrics=_keep_finite(result.metrics, spec, CANDIDATE_METRICS_KEPT),
        checkpoint=result.checkpoint,
    )


def _curve(curve: Curve | None, objectives: Sequence[Objective]) -> Curve | None:
    """Return a curve with as many metrics as a status may hold, those of objectives first."""
    if curve is None:
        return None
    named = [o.metric for o in objectives if o.metric in curve.values]
    names = [name for name in dict.fromkeys([*named, *curve.values]) if len(name) <= METRIC_NAME_LIMIT]
    return curve.model_copy(update={"values": {name: curve.values[name] for name in names[:CURVE_METRICS_KEPT]}})


def _keep_finite(metrics: Mapping[str, float], spec: NASSearchSpec, limit: int) -> dict[str, float]:
    """Return at most so many of the metrics, without values that are no number and names that are too long."""
    fit = {name: v for name, v in metrics.items() if math.isfinite(v) and len(name) <= METRIC_NAME_LIMIT}
    return keep_metrics(fit, spec, limit)


def _shown(metrics: Mapping[str, float], metric: str) -> str:
    return f"{metrics[metric] if metric in metrics else metrics[on_test_split(metric)]:.6g}"


def record_checkpoint(trial: TrialView, address: str | None, now: datetime) -> NASTrialStatus:
    """Return the status of a trial that was stopped early and whose pod has left its last checkpoint."""
    conditions = _progressing(trial, False, AttemptOutcome.STOPPED, "", now)
    return trial.status.model_copy(update={"conditions": conditions, "checkpoint": address})


def without_result(before: NASTrialStatus, planned: NASTrialStatus, why: str) -> NASTrialStatus:
    """Return what is left of a planned status that the API server does not take: nothing that the trial has said.

    A result becomes a failure in its place in the history; anything else leaves what was written before.
    """
    kept = {name: getattr(planned, name) for name in _OUR_OWN}
    if planned.completion_time is None:
        return before.model_copy(update=kept)
    now, message = planned.completion_time, f"the API server does not take the trial's result: {why}"
    conditions = set_condition(planned.conditions, ConditionType.PROGRESSING, False, Outcome.FAILED, "", now)
    conditions = set_condition(conditions, ConditionType.SUCCEEDED, False, TrialReason.RESULT_INVALID, message, now)
    conditions = set_condition(conditions, ConditionType.FAILED, True, TrialReason.RESULT_INVALID, message, now)
    return NASTrialStatus().model_copy(update=kept | {"conditions": conditions})


def record_crash(judgement: Judgement, now: datetime) -> NASTrialStatus:
    """Return the status of a trial whose attempt crashed and will be tried again."""
    conditions = _progressing(judgement.trial, True, TrialReason.RETRYING, judgement.message, now)
    return _after_attempt(judgement, conditions).model_copy(update={"last_log": _tail(judgement.log)})


def record_stop(judgement: Judgement, outcome: AttemptOutcome, now: datetime) -> NASTrialStatus:
    """Return the status of a trial whose attempt the operator is about to stop: ``Suspended`` or ``Stopped``."""
    job = judgement.job
    assert job is not None, "only a trial with a Job can be stopped"
    attempt = Attempt(
        number=job.attempt,
        outcome=outcome,
        start_time=job.start_time or job.created,
        completion_time=now.replace(microsecond=0),
    )
    message = "its pod is asked to write a checkpoint and end"
    conditions = _progressing(judgement.trial, False, outcome, message, now)
    started = judgement.state == State.RUNNING
    return _after_attempt(judgement, conditions, attempt, counts_time=started)


def record_live(
    judgement: Judgement, newest: Mapping[str, float] | None, objectives: Sequence[Objective], now: datetime
) -> NASTrialStatus:
    """Return the status of a trial that waits or runs, with its newest values if there are any."""
    status = judgement.trial.status
    # Why a pod does not run says more than that it is pending, as with the pods that kubectl lists.
    why = judgement.reason if judgement.state == State.PENDING else None
    conditions = _progressing(judgement.trial, True, why or judgement.state, judgement.message, now)
    update: dict[str, object] = {"conditions": conditions}
    if judgement.state == State.RUNNING and status.start_time is None and judgement.job:
        update["start_time"] = judgement.job.start_time
    if newest:
        values = dict(newest)
        if judgement.trial.size == 1 and (curve := extend_curve(status, newest, objectives)):
            update["curve"] = curve
        epoch = values.pop("epoch", None)
        merged = status.metrics | {name: v for name, v in values.items() if len(name) <= METRIC_NAME_LIMIT}
        first = {o.metric: merged[o.metric] for o in objectives if o.metric in merged}
        update["metrics"] = dict(list((first | merged).items())[:METRICS_KEPT])
        if epoch is not None and 0 <= epoch <= EPOCH_LIMIT:
            update["epoch"] = int(epoch)
    return status.model_copy(update=update)


def _progressing(trial: TrialView, status: bool, reason: str, message: str, now: datetime) -> list[Condition]:
    return set_condition(trial.status.conditions, ConditionType.PROGRESSING, status, reason, message, now)


def _after_attempt(
    judgement: Judgement, conditions: list[Condition], attempt: Attempt | None = None, counts_time: bool = True
) -> NASTrialStatus:
    status = judgement.trial.status
    attempt = attempt or judgement.attempt
    assert attempt is not None, "an attempt has ended"
    seconds = 0.0
    if counts_time and attempt.start_time and attempt.completion_time:
        seconds = max(0.0, (attempt.completion_time - attempt.start_time).total_seconds())
    gpus = judgement.job.gpus if judgement.job else 0
    return status.model_copy(
        update={
            "conditions": conditions,
            "attempts": [*status.attempts, attempt][-ATTEMPTS_KEPT:],
            "start_time": status.start_time or attempt.start_time,
            "trial_seconds": status.trial_seconds + seconds,
            "gpu_seconds": status.gpu_seconds + seconds * gpus,
        }
    )


def _tail(log: str | None) -> str | None:
    return log[-LOG_LIMIT:] if log else None
