"""Early stopping: running trials compared with the learning curves of others (`evaluation.earlyStopping`).

A stop is an ending like any other. One write of the trial's status records the result as it was seen, its sequence
number and the evidence. After that the Job is deleted, because a Job whose end is recorded always is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np

from nas_core.api.curve import EPOCH_LIMIT, Curve
from nas_core.api.early_stopping import EarlyStopping
from nas_core.api.search import NASSearchSpec
from nas_core.api.strategy import Constraint, Objective
from nas_core.api.trial import Attempt, NASTrialStatus, StopEvidence
from nas_core.contract import TrialResult
from nas_core.objectives import cost_of, violation
from nas_core.reasons import TrialReason
from nas_core.records.trial import TrialView
from nas_core.states import AttemptOutcome, Outcome, State, Work
from nas_plan.judgement import Judgement
from nas_plan.snapshot import LatestMetrics, Snapshot
from nas_search.stopping import Cohort, LearningCurve, verdict


def stop_early(snapshot: Snapshot, spec: NASSearchSpec, judged: Sequence[Judgement]) -> list[Judgement]:
    """Return the judgements in which the trials that are to be stopped early have ended, with the result as seen."""
    rule = spec.evaluation.early_stopping
    # Without new values the verdict would be that of the last look.
    if rule is None or not snapshot.latest_metrics:
        return list(judged)
    seen = {
        j.trial.meta.name: curve
        for j in judged
        # A retraining is of other data, and for its own sake.
        if j.trial.spec.work == Work.TRAIN
        and j.state == State.RUNNING
        and (curve := extend_curve(j.trial.status, snapshot.latest_metrics.get(j.trial.meta.name), spec.objectives))
    }
    if not seen:
        return list(judged)
    running: dict[str, LearningCurve] = {}
    others: list[LearningCurve] = []
    for trial in (j.trial for j in judged if j.trial.spec.work == Work.TRAIN):
        name = trial.meta.name
        learning_curve = learning_curve_of(trial, seen.get(name), spec)
        if learning_curve and name in seen:
            running[name] = learning_curve
        # A trial that breaks a constraint may be better for that very reason, so it sets no bar for others.
        if learning_curve and _feasible(trial, snapshot.latest_metrics, spec.constraints):
            others.append(learning_curve)
    cohort = Cohort(others)
    extended = spec.guidance.extend if spec.guidance else ()
    after = []
    for j in judged:
        # One that a person wants trained on is still compared with: only it is not ended.
        learning_curve = running.get(j.trial.meta.name) if j.trial.meta.name not in extended else None
        evidence = _evidence(j.trial, learning_curve, cohort, rule, spec) if learning_curve else None
        after.append(_stopped(j, evidence, seen[j.trial.meta.name], snapshot) if evidence else j)
    return after


def extend_curve(
    status: NASTrialStatus, values: Mapping[str, float] | None, objectives: Sequence[Objective]
) -> Curve | None:
    """Return a running trial's curve with its newest values, None if they tell nothing new.

    They do not unless they hold every objective and an epoch other than the curve's last one: a smaller one if training
    went back to a checkpoint.
    """
    known = status.curve or Curve()
    epoch = int((values or {}).get("epoch", 0))
    if values is None or not 1 <= epoch <= EPOCH_LIMIT or (known.epochs and known.epochs[-1] == epoch):
        return None
    if any(o.metric not in values for o in objectives):
        return None
    return known.with_point(epoch, {o.metric: values[o.metric] for o in objectives})


def learning_curve_of(trial: TrialView, newest: Curve | None, spec: NASSearchSpec) -> LearningCurve | None:
    """Return the learning curve of a trial that runs or has a result; None if an objective has no value.

    An objective that its curve does not hold but its result does is one that training does not change.
    """
    # The curve of a failed trial tells where it broke, not how good it is.
    if trial.recorded and not trial.succeeded:
        return None
    epochs, values = replace(trial, status=NASTrialStatus(curve=newest)).points if newest else trial.points
    if not len(epochs):
        return None
    # Shape (points, objectives); less is better.
    costs = np.empty((len(epochs), len(spec.objectives)))
    for place, objective in enumerate(spec.objectives):
        column = values.get(objective.metric, trial.status.metrics.get(objective.metric))
        if column is None:
            return None
        costs[:, place] = cost_of(objective, column)
    return LearningCurve(epochs, costs, trial.recorded and trial.status.stop_evidence is None)


def _feasible(trial: TrialView, newest: LatestMetrics, constraints: Sequence[Constraint]) -> bool:
    if not constraints:
        return True
    metrics = {**trial.status.metrics, **newest.get(trial.meta.name, {})}
    return violation(metrics, constraints) == 0


def _evidence(
    trial: TrialView, running: LearningCurve, others: Cohort, rule: EarlyStopping, spec: NASSearchSpec
) -> StopEvidence | None:
    """Apply the rule to one running trial."""
    before = trial.status.curve.epochs if trial.status.curve else []
    seen = verdict(rule, running, before[-1] if before else 0, others, spec.evaluation.epochs)
    if seen is None:
        return None
    value, threshold = seen.value, seen.threshold
    if seen.costs:
        # Turned back into the metric's own values for people; `cost_of` is its own inverse.
        value, threshold = (cost_of(spec.objectives[0], cost) for cost in (value, threshold))
    epoch = int(running.epochs[-1])
    return StopEvidence(
        rule=rule.member or "",
        epoch=epoch,
        value=value,
        threshold=threshold,
        others=seen.others,
    )


def _stopped(judgement: Judgement, evidence: StopEvidence, curve: Curve, snapshot: Snapshot) -> Judgement:
    values = (snapshot.latest_metrics or {})[judgement.trial.meta.name]
    metrics = {name: value for name, value in values.items() if name != "epoch"}
    return ended_early(judgement, evidence, metrics, curve, snapshot.now)


def ended_early(
    judgement: Judgement, evidence: StopEvidence, metrics: Mapping[str, float], curve: Curve | None, now: datetime
) -> Judgement:
    """Return the judgement of a trial that is stopped early, with what was seen of it as its result."""
    job = judgement.job
    result = TrialResult(
        outcome=Outcome.SUCCEEDED,
        reason=TrialReason.EARLY_STOPPED,
        metrics={name: value for name, value in metrics.items() if math.isfinite(value)},
        epochs=evidence.epoch,
        curve=curve,
    )
    attempt = None
    if job is not None:
        attempt = Attempt(
            number=job.attempt,
            outcome=AttemptOutcome.STOPPED,
            reason=TrialReason.EARLY_STOPPED,
            start_time=job.start_time or job.created,
            completion_time=now.replace(microsecond=0),
        )
    return replace(
        judgement,
        state=State.ENDED,
        result=result,
        attempt=attempt,
        message=evidence.describe(),
        evidence=evidence,
    )
