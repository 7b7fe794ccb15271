"""The results of a search in the order in which they came: what the plots and the table show of each candidate."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from nas_core.api.search import NASSearchSpec
from nas_core.api.strategy import Objective
from nas_core.history import Observation
from nas_core.objectives import cost_of, violation
from nas_core.records.trial import TrialView, observed
from nas_core.states import Work
from nas_search.ranking import best, costs, non_dominated, on_highest_rung


@dataclass(frozen=True)
class Result:
    """One result of a candidate."""

    trial: str
    seen: Observation
    seconds: float | None
    """From the start of the search until it was recorded."""
    feasible: bool
    """Whether it has a value for each objective and breaks no constraint."""
    best: bool = False
    """Whether it is the best, or of the Pareto front."""

    @property
    def decisions(self) -> dict[str, str]:
        """The values of all that was decided: of the architecture, and the hyperparameters beside it."""
        return {**self.seen.candidate.architecture, **self.seen.candidate.hyperparameters}

    def value(self, metric: str) -> float | None:
        """Return a metric, None if it has no finite value."""
        value = (self.seen.metrics or {}).get(metric)
        return value if value is not None and math.isfinite(value) else None


def results_of(spec: NASSearchSpec, trials: Iterable[TrialView], start: datetime | None) -> list[Result]:
    """Return the results of a search's candidates, without those of retraining, in the order of recording."""
    searched = [trial for trial in trials if trial.recorded and trial.spec.work == Work.TRAIN]
    comparable = on_highest_rung(observed(searched), spec.objectives, spec.constraints)
    front = (
        _undominated(comparable, spec)
        if len(spec.objectives) > 1
        else best(comparable, spec.objectives, spec.constraints)
    )
    chosen = {seen.sequence for seen in front}
    found = []
    for trial in searched:
        ended = trial.status.completion_time
        seconds = max(0.0, (ended - start).total_seconds()) if ended and start else None
        for seen in trial.observations:
            found.append(Result(trial.meta.name, seen, seconds, _fits(seen, spec), seen.sequence in chosen))
    return sorted(found, key=lambda result: result.seen.sequence)


def best_so_far(results: Sequence[Result], objective: Objective) -> list[float | None]:
    """Return for each result the best value of an objective until then, of feasible results alone.

    With rungs a result counts from the highest rung so far on: values after fewer epochs are no match for it.
    """
    found: list[float | None] = []
    value, rung = None, 0
    for result in results:
        new, epochs = result.value(objective.metric), result.seen.epochs or 0
        if result.feasible and new is not None and epochs >= rung:
            better = value is None or epochs > rung or cost_of(objective, new) < cost_of(objective, value)
            value, rung = (new if better else value), epochs
        found.append(value)
    return found


def _undominated(comparable: Sequence[Observation], spec: NASSearchSpec) -> list[Observation]:
    # All of the front, not only the 50 points that the status has room for.
    fit = [seen for seen in comparable if _fits(seen, spec)]
    return [seen for seen, kept in zip(fit, non_dominated(costs(fit, spec.objectives)), strict=True) if kept]


def _fits(seen: Observation, spec: NASSearchSpec) -> bool:
    metrics = seen.metrics or {}
    known = all(math.isfinite(metrics.get(objective.metric, math.nan)) for objective in spec.objectives)
    return known and violation(metrics, spec.constraints) == 0
