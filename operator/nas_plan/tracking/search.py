"""The run of a search, below which those of its candidates are, and how its best values have grown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nas_core.objectives import cost_of, violation
from nas_core.records.conditions import find, is_true
from nas_core.records.objects import ReadableSearch, TrialView
from nas_core.states import ConditionType, Work
from nas_plan.tracking.run import Point, Run, RunStatus, clean_name, params_of, tags_of


def search_status(search: ReadableSearch) -> RunStatus:
    """Return how the run of a search is to stand."""
    if search.meta.deleting:
        return RunStatus.KILLED
    if is_true(search.status.conditions, ConditionType.RECONCILING) or search.status.completion_time is None:
        return RunStatus.RUNNING
    return RunStatus.FAILED if is_true(search.status.conditions, ConditionType.FAILED) else RunStatus.FINISHED


def search_run(search: ReadableSearch) -> Run:
    """Return the run of a search that has begun, without its points.

    Parameters cannot change at a server, so they are of fields that cannot either; the others are tags.
    """
    spec, status = search.spec, search.status
    ends = [find(status.conditions, kind) for kind in (ConditionType.FAILED, ConditionType.SUCCEEDED)]
    end = next((condition for condition in ends if condition and condition.status == "True"), None)
    plan = status.plan
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


def best_so_far(search: ReadableSearch, trials: Sequence[TrialView]) -> Iterator[Point]:
    """Yield ``best_<metric>`` of each objective, by the number of the result with which it grew.

    None with rungs, whose results are of different epochs, nor with targets, of which each has a best of its own.
    """
    if search.spec.strategy.rungs or search.spec.targets:
        return
    training = [trial for trial in trials if trial.recorded and trial.spec.work == Work.TRAIN]
    seen = sorted(
        ((result, trial.status.completion_time) for trial in training for result in trial.observations),
        key=lambda pair: pair[0].sequence,
    )
    best: dict[str, float] = {}
    for expected, (result, time) in enumerate(seen, 1):
        if search.spec.strategy.ordered and result.sequence != expected:
            return  # an earlier one has not ended yet, and what is told is never taken back
        if time is None or result.metrics is None or violation(result.metrics, search.spec.constraints):
            continue
        for objective in search.spec.objectives:
            value = result.metrics.get(objective.metric)
            if value is None:
                continue
            cost = cost_of(objective, value)
            if cost < best.get(objective.metric, float("inf")):
                best[objective.metric] = cost
                yield Point(clean_name(f"best_{objective.metric}"), value, result.sequence, time)


def _limit(metric: str, low: object, high: object) -> str:
    return f"{'' if low is None else f'{low} <= '}{metric}{'' if high is None else f' <= {high}'}"
