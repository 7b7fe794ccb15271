"""The run of a candidate, while it runs and when it has ended: what it is, what it has reached, where it comes from.

All that is told of a running one is told again at its end, with the same values and times, so that a server which keeps
one of the same has nothing twice. So its newest epoch is not told: at the end it is the result that counts there.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from nas_core.api.curve import Curve
from nas_core.records.conditions import find
from nas_core.records.search import ReadableSearch
from nas_core.records.trial import TrialView
from nas_core.states import ConditionType, Outcome, State
from nas_core.tracking_names import ARCHITECTURE, HYPERPARAMETERS
from nas_plan.tracking.run import Point, Run, RunStatus, clean_name, params_of, tags_of

Candidate = tuple[str, TrialView, int]
"""A candidate: its key, its trial, and its place there."""
SHORT = timedelta(seconds=5)
"""What has run for less is not told of before it has ended: of a thousand such trials a minute it would be a third
more requests, and nobody sees them run."""


def ended(trials: Iterable[TrialView]) -> Iterator[Candidate]:
    """Yield every trained candidate that has ended."""
    return (candidate for trial in trials if trial.recorded and trial.compared for candidate in _of(trial))


def running(trials: Iterable[TrialView], now: datetime) -> Iterator[Candidate]:
    """Yield every candidate that is being trained, and has been for a while."""
    for trial in trials:
        if trial.recorded or not trial.compared:
            continue
        progressing, began = find(trial.status.conditions, ConditionType.PROGRESSING), trial.status.start_time
        if progressing and progressing.reason == State.RUNNING and began and now - began >= SHORT:
            yield from _of(trial)


def _of(trial: TrialView) -> Iterator[Candidate]:
    for place in range(trial.size):
        yield (f"{trial.meta.uid}/{place}" if trial.size > 1 else trial.meta.uid), trial, place


def candidate_run(search: ReadableSearch, key: str, trial: TrialView, place: int) -> Run:
    """Return the run of a candidate that has ended."""
    seen, status = trial.observations[place], trial.status
    outcome = _outcome(trial, place)
    over = status.completion_time or search.created
    return Run(
        key=key,
        name=_name(trial, place),
        status=RunStatus.FAILED if outcome == Outcome.FAILED else _unless_cut_short(trial, outcome),
        started=min(status.start_time or over, over),
        ended=over,
        params=_params(search, trial, place),
        tags=_tags(search, trial, place)
        | tags_of(
            {
                "sequence": seen.sequence,
                "outcome": outcome,
                "failure": trial.failed.get(trial.spec.index + place),
                "stopped": status.stop_evidence.describe() if status.stop_evidence else None,
                "attempts": len(status.attempts) or None,
                "gpu_seconds": round(status.gpu_seconds, 3) or None,
                "image": status.image_id,
                "dataset": status.dataset_hash,
                "checkpoint": status.candidates[place].checkpoint if status.candidates else status.checkpoint,
                "bundle": status.bundle if trial.size == 1 else None,
            }
        ),
        points=tuple(_points(trial, place)),
    )


def running_run(search: ReadableSearch, key: str, trial: TrialView, place: int) -> Run:
    """Return the run of a candidate that is being trained, with its curve but for the newest epoch."""
    began = trial.status.start_time or search.created
    return Run(
        key=key,
        name=_name(trial, place),
        status=RunStatus.RUNNING,
        started=began,
        ended=None,
        params=_params(search, trial, place),
        tags=_tags(search, trial, place),
        points=tuple(_curve_points(_curve(trial), began, epoch_shown(trial))),
    )


def epoch_shown(trial: TrialView) -> int:
    """Return the newest epoch that is sent of a candidate that runs; 0: none."""
    return max(_curve(trial).epochs[:-1], default=0)


def _name(trial: TrialView, place: int) -> str:
    return trial.meta.name if trial.size == 1 else f"{trial.meta.name}-{place}"


def _params(search: ReadableSearch, trial: TrialView, place: int) -> dict[str, str]:
    candidate = trial.spec.candidates[place]
    return params_of(
        {ARCHITECTURE + decision: value for decision, value in candidate.architecture.items()}
        | {HYPERPARAMETERS + decision: value for decision, value in candidate.hyperparameters.items()}
        | {"epochs": trial.spec.epochs or search.spec.evaluation.epochs, "seed": trial.spec.seed}
    )


def _tags(search: ReadableSearch, trial: TrialView, place: int) -> dict[str, str]:
    """Return the tags that are known from the beginning."""
    candidate = trial.spec.candidates[place]
    return tags_of(
        {
            "search": f"{search.meta.namespace}/{search.meta.name}",
            "trial": trial.meta.name,
            "work": trial.spec.work,
            "index": trial.spec.index + place,
            "architecture": candidate.text,
            "architecture_id": candidate.id,
            "origin": candidate.origin,
            "parents": ",".join(map(str, candidate.parents)),
            "target": candidate.target,
            "continues": trial.spec.continues,
        }
    )


def _outcome(trial: TrialView, place: int) -> Outcome:
    index = trial.spec.index + place
    if index in trial.failed:
        return Outcome.FAILED
    return Outcome.REFUSED if index in trial.refused_indices else Outcome.SUCCEEDED


def _unless_cut_short(trial: TrialView, outcome: Outcome) -> RunStatus:
    # Ended by a decision, not by itself: by early stopping, or before it began, by a constraint.
    cut_short = outcome == Outcome.REFUSED or trial.status.stop_evidence is not None
    return RunStatus.KILLED if cut_short else RunStatus.FINISHED


def _points(trial: TrialView, place: int) -> Iterator[Point]:
    """Yield the learning curve, then the result, which is the last of each metric.

    Of an epoch the time is not on record, and the steps tell the order: the curve has the time of the beginning, which
    is known while the trial runs, and the result that of the end.
    """
    over = trial.status.completion_time
    if over is None:
        return
    curve = _curve(trial)
    metrics = trial.observations[place].metrics or {}
    last = max((trial.status.epoch or 0, *curve.epochs))
    began = min(trial.status.start_time or over, over)
    result = {clean_name(metric) for metric in metrics}
    yield from (point for point in _curve_points(curve, began) if point.step != last or point.metric not in result)
    for metric, value in metrics.items():
        if math.isfinite(value):
            yield Point(clean_name(metric), value, last, over)


def _curve(trial: TrialView) -> Curve:
    return trial.status.curve if trial.size == 1 and trial.status.curve else Curve()


def _curve_points(curve: Curve, began: datetime, last: float = math.inf) -> Iterator[Point]:
    """Yield the finite points of a curve up to an epoch."""
    for metric, column in curve.values.items():
        for epoch, value in zip(curve.epochs, column, strict=False):
            if epoch <= last and math.isfinite(value):
                yield Point(clean_name(metric), value, epoch, began)
