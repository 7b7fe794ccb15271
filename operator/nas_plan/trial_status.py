"""The next status of one trial: after a result, a crash, a stop, or a look at it while it runs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime

from nas_core.api.base import Condition
from nas_core.api.curve import EPOCH_LIMIT, Curve
from nas_core.api.search import NASSearchSpec
from nas_core.api.strategy import Objective
from nas_core.api.trial import Attempt, CandidateStatus, NASTrialStatus
from nas_core.contract import CHECKPOINT_TIME, METRIC_NAME_LIMIT, CandidateResult
from nas_core.metric_names import OF_DEVICES, on_test_split
from nas_core.reasons import TrialReason
from nas_core.records.conditions import set_condition
from nas_core.records.trial import TrialView
from nas_core.states import AttemptOutcome, ConditionType, Outcome, State, Work
from nas_plan.early_stopping import extend_curve
from nas_plan.judgement import Judgement
from nas_plan.result_check import check_result

ATTEMPTS_KEPT = 64
METRICS_KEPT = 64
CANDIDATE_METRICS_KEPT = 16
"""Of one of several candidates: what objectives, limits and strategy name (`nas_plan.resolve`), and a few more."""
CANDIDATE_MESSAGE_LIMIT = 512
LOG_LIMIT = 4096
IMAGE_ID_LIMIT = 512
CURVE_METRICS_KEPT = 4
_OUR_OWN = ("conditions", "sequence", "attempts", "start_time", "completion_time", "trial_seconds", "gpu_seconds")
"""Fields of a status that the operator fills with what it knows itself."""


def keep_metrics(metrics: Mapping[str, float], spec: NASSearchSpec, limit: int) -> dict[str, float]:
    """Return at most ``limit`` metrics; those that decisions go by come first and are never cut off."""
    objectives = [o.metric for o in spec.objectives]
    # Those that were trained again are ranked by the test split.
    named = [*objectives, *map(on_test_split, objectives), *(limit.metric for limit in spec.named_limits)]
    if spec.strategy.bayesian and spec.strategy.bayesian.cost_metric:
        named.append(spec.strategy.bayesian.cost_metric)
    if len(metrics) > limit:
        # Targets that are added later go by them.
        named += OF_DEVICES
    # Dicts keep the order in which keys came first, so the cut takes what nobody named.
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
        reason, message = TrialReason.COMPLETED, _extended(judgement.trial, spec)
        if early:
            reason, message = TrialReason.EARLY_STOPPED, judgement.message
    elif not failed:
        reason = Outcome.REFUSED
    ending: str = result.outcome
    if early:
        # With a storage the pod still writes a checkpoint; `record_checkpoint` puts Stopped here once that is known.
        ending = State.STOPPING if spec.storage else AttemptOutcome.STOPPED
    conditions = _progressing(judgement.trial, False, ending, "", now)
    conditions = set_condition(conditions, ConditionType.SUCCEEDED, succeeded, reason, message, now)
    conditions = set_condition(conditions, ConditionType.FAILED, failed, reason, "" if succeeded else message, now)
    metrics = _keep_finite(result.metrics, spec, METRICS_KEPT)
    after = status.model_copy(update={"conditions": conditions})
    # One whose result was known beforehand has no attempt, nor has one that is stopped between two attempts.
    if judgement.attempt is not None:
        after = _after_attempt(judgement, conditions)
    return after.model_copy(
        update={
            "sequence": sequence,
            "objective": _objective(judgement, metrics, spec) if succeeded else None,
            "metrics": metrics,
            "candidates": [_candidate_status(candidate, spec) for candidate in result.candidates],
            "epoch": result.epochs if result.epochs is not None else status.epoch,
            "curve": _curve(result.curve, spec.objectives) or status.curve,
            "stop_evidence": early,
            "checkpoint": result.checkpoint or status.checkpoint,
            "bundle": result.bundle,
            "completion_time": now.replace(microsecond=0),
            "dataset_hash": result.dataset_hash,
            "initial_weights": result.initial_weights,
            "dataset": result.dataset,
            "derived": result.derived,
            "contended": result.contended,
            "resumed_from_epoch": result.resumed_from_epoch,
            "image_id": judgement.image_id[:IMAGE_ID_LIMIT] if judgement.image_id else None,
            "warnings": result.warnings,
            "last_log": _tail(judgement.log) if failed else None,
        }
    )


def _extended(trial: TrialView, spec: NASSearchSpec) -> str:
    """Say of a trial that early stopping was not to end that a person asked for it; nothing of any other.

    A promotion to a higher rung has that on record in its own spec.
    """
    if trial.spec.work != Work.TRAIN or spec.evaluation.early_stopping is None or spec.guidance is None:
        return ""
    return "trained to its end, as spec.guidance.extend asks" if trial.meta.name in spec.guidance.extend else ""


def _objective(judgement: Judgement, metrics: Mapping[str, float], spec: NASSearchSpec) -> str | None:
    if not judgement.trial.compared:
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
    assert judgement.attempt is not None, "an attempt has ended"
    # The pause before the next attempt is counted from here: when it ended, another machine's clock has told.
    attempt = judgement.attempt.model_copy(update={"recorded_time": now.replace(microsecond=0)})
    return _after_attempt(judgement, conditions, attempt).model_copy(update={"last_log": _tail(judgement.log)})


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
    message = "its pod has been told to write a checkpoint and end"
    conditions = _progressing(judgement.trial, False, outcome, message, now)
    # A pod that still waits holds no GPU, so its time is not charged.
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
        # It changes all the time, and is of use only while the trial runs (`nas_plan.preemption_cost`).
        values.pop(CHECKPOINT_TIME, None)
        merged = status.metrics | {name: v for name, v in values.items() if len(name) <= METRIC_NAME_LIMIT}
        # Objectives first, so that a trainer with many metrics does not push them out.
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
        # The two times may come from the clocks of different machines.
        seconds = judgement.earlier_s + max(0.0, (attempt.completion_time - attempt.start_time).total_seconds())
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
