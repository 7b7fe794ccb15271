"""The run of a search, below which those of its candidates are, and how its best values have grown."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from nas_core.api.base import Condition
from nas_core.objectives import cost_of, costs_of, violation
from nas_core.records.conditions import find, is_true
from nas_core.records.search import ReadableSearch
from nas_core.records.trial import TrialView
from nas_core.states import ConditionType, Work
from nas_plan.tracking.run import Point, Run, RunStatus, clean_name, params_of, tags_of


def search_status(search: ReadableSearch) -> RunStatus:
    """Return how the run of a search is to stand."""
    if is_true(search.status.conditions, ConditionType.RECONCILING) or search.status.completion_time is None:
        return RunStatus.RUNNING
    return RunStatus.FAILED if is_true(search.status.conditions, ConditionType.FAILED) else RunStatus.FINISHED


def search_end(search: ReadableSearch) -> Condition | None:
    """Return the condition that says how a search has ended; None while it has not."""
    ends = [find(search.status.conditions, kind) for kind in (ConditionType.FAILED, ConditionType.SUCCEEDED)]
    return next((condition for condition in ends if condition and condition.status == "True"), None)


def search_run(search: ReadableSearch) -> Run:
    """Return the run of a search that has begun, without its points.

    Parameters cannot change at a server, so they are of fields that cannot either; the others are tags.
    """
    spec, status = search.spec, search.status
    end, plan = search_end(search), status.plan
    return Run(
        key=search.meta.uid,
        name=search.meta.name,
        status=search_status(search),
        started=status.first_trial_time or search.created,
        ended=status.completion_time,
        params=params_of(
            {
                "task": spec.task.type,
                "dataset": spec.task.dataset.name or spec.task.dataset.uri,
                "search_space": spec.search_space.name or search.space_ref or "inline",
                "strategy": plan.strategy if plan else spec.strategy.member,
                "seed": spec.strategy.seed,
                "objectives": ", ".join(f"{each.goal} {each.metric}" for each in spec.objectives),
                "epochs": spec.evaluation.epochs,
            }
        ),
        tags=tags_of(
            {
                "search": f"{search.meta.namespace}/{search.meta.name}",
                "constraints": ", ".join(_limit(each.metric, each.min, each.max) for each in spec.constraints),
                "dataset": status.dataset.hash if status.dataset else None,
                "storage": status.storage_root,
                "report": status.report,
                "reason": f"{end.reason}: {end.message}" if end else None,
                "best": ", ".join(best.trial for best in status.best),
                "gpu_seconds": round(status.cost.gpu_seconds, 3) or None,
            }
        ),
        points=(),
    )


@dataclass(frozen=True)
class Improvement:
    """A result that has the best value of an objective so far."""

    values: Mapping[str, float]
    """By objective, of those of which it has it."""
    trial: str
    sequence: int
    time: datetime

    @property
    def points(self) -> tuple[Point, ...]:
        """It as points of ``best_<metric>``."""
        return tuple(
            Point(clean_name(f"best_{metric}"), value, self.sequence, self.time)
            for metric, value in self.values.items()
        )


def improvements(search: ReadableSearch, trials: Sequence[TrialView]) -> Iterator[Improvement]:
    """Yield the results that had the best value of an objective when they came, in the order of the results.

    None with rungs, whose results are of different epochs, nor with targets, of which each has a best of its own.
    """
    if search.spec.strategy.rungs or search.spec.targets:
        return
    training = [trial for trial in trials if trial.recorded and trial.spec.work == Work.TRAIN]
    seen = sorted(
        ((result, trial) for trial in training for result in trial.observations),
        key=lambda pair: pair[0].sequence,
    )
    best: dict[str, float] = {}
    objectives = search.spec.objectives
    for expected, (result, trial) in enumerate(seen, 1):
        if search.spec.strategy.ordered and result.sequence != expected:
            return  # an earlier one has not ended yet, and what is told is never taken back
        time = trial.status.completion_time
        if time is None or result.metrics is None or violation(result.metrics, search.spec.constraints):
            continue
        better = {
            objective.metric: result.metrics[objective.metric]
            for objective, cost in zip(objectives, costs_of(result.metrics, objectives), strict=True)
            if cost < best.get(objective.metric, math.inf)
        }
        if better:
            best |= {each.metric: cost_of(each, better[each.metric]) for each in objectives if each.metric in better}
            yield Improvement(better, trial.meta.name, result.sequence, time)


def _limit(metric: str, low: object, high: object) -> str:
    return f"{'' if low is None else f'{low} <= '}{metric}{'' if high is None else f' <= {high}'}"
