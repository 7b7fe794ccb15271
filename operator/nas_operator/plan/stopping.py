"""Early stopping: what is seen of running trials, held against the courses of others (`evaluation.earlyStopping`).

A stop is an ending like any other: the result as it was seen gets its place in the history in one write, which holds
the evidence too. The Job goes after that, by the rule that a Job whose end is on record has to go.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from nas_core.api.curve import EPOCH_LIMIT, Curve
from nas_core.api.early_stopping import REDUCTION_FACTOR, EarlyStopping
from nas_core.api.search import NASSearchSpec
from nas_core.api.strategy import Objective
from nas_core.api.trial import Attempt, NASTrialStatus, StopEvidence
from nas_core.contract import TrialResult
from nas_operator.plan.judge import Judgement, State
from nas_operator.plan.snapshot import Snapshot
from nas_operator.views import TrialView
from nas_search.history import Observation
from nas_search.ranking import violation
from nas_search.stopping import Course, Evidence, asha, extrapolation, median


def with_stops(snapshot: Snapshot, spec: NASSearchSpec, judged: Sequence[Judgement]) -> list[Judgement]:
    """Return the judgements in which the trials that are to be stopped early have ended, with the result as seen."""
    rule = spec.evaluation.early_stopping
    if rule is None or not snapshot.curves:
        return list(judged)
    # A retraining is of other data, and for its own sake.
    searching = [j for j in judged if j.trial.spec.work == "Train"]
    seen = {
        j.trial.meta.name: curve
        for j in searching
        if j.state == State.RUNNING
        and (curve := extended(j.trial.status, snapshot.curves.get(j.trial.meta.name), spec.objectives))
    }
    courses: dict[str, Course] = {}
    for j in searching if seen else ():
        course = course_of(j.trial, seen.get(j.trial.meta.name), spec)
        if course and _feasible(j.trial, snapshot.curves.get(j.trial.meta.name, {}), spec):
            courses[j.trial.meta.name] = course
    return [
        _stopped(j, evidence, seen[j.trial.meta.name], snapshot)
        if j.trial.meta.name in seen and (evidence := _evidence(j.trial, seen, courses, rule, spec))
        else j
        for j in judged
    ]


def extended(
    status: NASTrialStatus, values: Mapping[str, float] | None, objectives: Sequence[Objective]
) -> Curve | None:
    """Return a running trial's curve with its newest values, None if they tell nothing new.

    They do not unless they hold an epoch that the curve does not reach, and every objective.
    """
    known = status.curve or Curve()
    epoch = int((values or {}).get("epoch", 0))
    if values is None or not 1 <= epoch <= EPOCH_LIMIT or (known.epochs and known.epochs[-1] == epoch):
        return None
    if any(o.metric not in values for o in objectives):
        return None
    return known.with_point(epoch, {o.metric: values[o.metric] for o in objectives})


def course_of(trial: TrialView, newest: Curve | None, spec: NASSearchSpec) -> Course | None:
    """Return the course of a trial that runs or has a result; None if an objective has no value.

    An objective that its curve does not hold but its result does is one that training does not change.
    """
    curve = newest or trial.status.curve
    if curve is None or not curve.epochs or (trial.recorded and not trial.succeeded):
        return None
    columns = []
    for objective in spec.objectives:
        value = trial.status.metrics.get(objective.metric)
        column = curve.values.get(objective.metric) or ([value] * len(curve.epochs) if value is not None else None)
        if column is None:
            return None
        columns.append([-objective.sign * each for each in column])
    full = trial.recorded and trial.status.stop_evidence is None
    return Course(np.array(curve.epochs), np.array(columns).T, full)


def _feasible(trial: TrialView, newest: Mapping[str, float], spec: NASSearchSpec) -> bool:
    metrics = {**trial.status.metrics, **newest}
    return violation(Observation(trial.spec.index, 0, trial.spec.candidates[0], metrics), spec.constraints) == 0


def _evidence(
    trial: TrialView, seen: Mapping[str, Curve], courses: Mapping[str, Course], rule: EarlyStopping, spec: NASSearchSpec
) -> StopEvidence | None:
    """Apply the rule to one running trial."""
    name = trial.meta.name
    running = course_of(trial, seen[name], spec)
    epoch, epochs = seen[name].epochs[-1], trial.spec.epochs or spec.evaluation.epochs
    if running is None or not rule.min_epochs <= epoch < epochs:
        return None
    others = [course for other, course in courses.items() if other != name]
    found: Evidence | None
    if rule.name == "median":
        found = median(running, others, rule.min_trials)
    elif rule.name == "asha":
        since = trial.status.curve.epochs[-1] if trial.status.curve and trial.status.curve.epochs else 0
        eta = rule.reduction_factor or REDUCTION_FACTOR
        found = asha(running, since, others, rule.min_trials, rule.min_epochs, eta)
    else:
        found = extrapolation(running, others, rule.min_trials, epochs)
    if found is None:
        return None
    # With one objective they are costs.
    sign = -spec.objectives[0].sign if len(spec.objectives) == 1 else 1.0
    return StopEvidence(
        rule=rule.name, epoch=epoch, value=sign * found.value, threshold=sign * found.threshold, others=found.others
    )


def _stopped(judgement: Judgement, evidence: StopEvidence, curve: Curve, snapshot: Snapshot) -> Judgement:
    trial, job, values = judgement.trial, judgement.job, (snapshot.curves or {})[judgement.trial.meta.name]
    assert job is not None, "only a trial with a Job runs"
    metrics = {name: value for name, value in values.items() if name != "epoch" and math.isfinite(value)}
    result = TrialResult(
        outcome="Succeeded", reason="EarlyStopped", metrics=metrics, epochs=evidence.epoch, curve=curve
    )
    attempt = Attempt(
        number=job.attempt,
        outcome="Stopped",
        reason="EarlyStopped",
        start_time=job.start_time or job.created,
        completion_time=snapshot.now.replace(microsecond=0),
    )
    return replace(
        judgement,
        trial=trial,
        state=State.ENDED,
        result=result,
        attempt=attempt,
        message=said(evidence),
        evidence=evidence,
    )


def said(evidence: StopEvidence) -> str:
    """Say for people why a trial was stopped."""
    return (
        f"after epoch {evidence.epoch}, by {evidence.rule}: {evidence.value:.6g} against {evidence.threshold:.6g} "
        f"of {evidence.others} others"
    )
