"""The run of a candidate that has ended: what it was, what it reached, and where it comes from."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from nas_core.api.curve import Curve
from nas_core.records.objects import ReadableSearch, TrialView
from nas_core.states import Outcome
from nas_core.tracking_names import ARCHITECTURE, HYPERPARAMETERS
from nas_plan.tracking.run import Point, Run, RunStatus, clean_name, params_of, tags_of


def ended(trials: Iterable[TrialView]) -> Iterator[tuple[str, TrialView, int]]:
    """Yield the key, the trial and the place in it of every trained candidate that has ended."""
    for trial in trials:
        if trial.recorded and trial.compared:
            for place in range(trial.size):
                yield (f"{trial.meta.uid}/{place}" if trial.size > 1 else trial.meta.uid), trial, place


def candidate_run(search: ReadableSearch, key: str, trial: TrialView, place: int) -> Run:
    """Return the run of a candidate."""
    candidate, seen, status = trial.spec.candidates[place], trial.observations[place], trial.status
    name = trial.meta.name if trial.size == 1 else f"{trial.meta.name}-{place}"
    failed = trial.failed.get(trial.spec.index + place)
    outcome = _outcome(trial, place)
    over = status.completion_time or search.created
    return Run(
        key=key,
        name=name,
        status=RunStatus.FAILED if outcome == Outcome.FAILED else _unless_cut_short(trial, outcome),
        started=min(status.start_time or over, over),
        ended=over,
        params=params_of(
            {ARCHITECTURE + decision: value for decision, value in candidate.architecture.items()}
            | {HYPERPARAMETERS + decision: value for decision, value in candidate.hyperparameters.items()}
            | {"epochs": trial.spec.epochs or search.spec.evaluation.epochs, "seed": trial.spec.seed}
        ),
        tags=tags_of(
            {
                "trial": trial.meta.name,
                "work": trial.spec.work,
                "index": seen.index,
                "sequence": seen.sequence,
                "architecture": candidate.text,
                "architecture_id": candidate.id,
                "origin": candidate.origin,
                "parents": ",".join(map(str, candidate.parents)),
                "target": candidate.target,
                "continues": trial.spec.continues,
                "outcome": outcome,
                "failure": failed,
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

    All have the time of the end: of an epoch it is not on record, and the steps tell the order.
    """
    over = trial.status.completion_time
    if over is None:
        return
    curve = trial.status.curve if trial.size == 1 and trial.status.curve else Curve()
    metrics = trial.observations[place].metrics or {}
    last = max((trial.status.epoch or 0, *curve.epochs))
    for metric, column in curve.values.items():
        for epoch, value in zip(curve.epochs, column, strict=False):
            if math.isfinite(value) and not (epoch == last and metric in metrics):
                yield Point(clean_name(metric), value, epoch, over)
    for metric, value in metrics.items():
        if math.isfinite(value):
            yield Point(clean_name(metric), value, last, over)
