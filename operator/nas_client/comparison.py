"""What tells two searches apart: settings, the best, what it cost to get there, and how both rank candidates. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import le
from typing import Any

from nas_client.search_state import SearchState
from nas_core.api.strategy import Objective
from nas_core.history import Observation
from nas_core.objectives import best_value, cost_of, violation
from nas_core.ranks import rank_correlation
from nas_core.records.trial import observed
from nas_core.states import Work

LEAST_COMMON = 3
"""Candidates in common from which a rank correlation says something."""


@dataclass(frozen=True)
class Comparison:
    """Two searches side by side; each pair has the value of the first and of the second."""

    settings: Mapping[str, tuple[Any, Any]]
    """By the path of the field, those that differ. None: not set, or not there."""
    facts: Mapping[str, tuple[float | str | None, float | str | None]]
    """By what they are called."""
    common: int
    """Candidates that both have a result of."""
    rank_correlation: float | None
    """Spearman's, of the first objective over the common candidates; None of fewer than three."""

    @property
    def pairs(self) -> dict[str, tuple[Any, Any]]:
        """All of it by name, in the order in which it is shown: settings, facts, what both have in common."""
        found: dict[str, tuple[Any, Any]] = {f"spec.{name}": pair for name, pair in self.settings.items()}
        found |= self.facts
        found["candidates in common"] = (self.common, self.common)
        if self.rank_correlation is not None:
            rho = round(self.rank_correlation, 4)
            found["rank correlation of these"] = (rho, rho)
        return found


def compare(first: SearchState, second: SearchState) -> Comparison:
    """Compare two searches by the first objective of the first one; a search without this metric has no best then."""
    objective = first.spec.objectives[0]
    values = [_values(state, objective) for state in (first, second)]
    common = [key for key in values[0] if key in values[1]]
    rho = rank_correlation(*([each[one] for one in common] for each in values)) if len(common) >= LEAST_COMMON else None
    facts = {name: (a, b) for (name, a), (_, b) in zip(_facts(first), _facts(second), strict=True)}
    facts[objective.metric] = (_best(first, objective), _best(second, objective))
    facts["results until both are there"] = _until(first, second, objective)
    if len(first.spec.objectives) > 1:
        fronts = [_front(state, first.spec.objectives) for state in (first, second)]
        facts["points of the Pareto front"] = (float(len(fronts[0])), float(len(fronts[1])))
        facts["of these dominated by the other's"] = (_dominated(*fronts), _dominated(*fronts[::-1]))
    return Comparison(_differences(first, second), facts, len(common), rho)


def _facts(state: SearchState) -> Iterator[tuple[str, float | str | None]]:
    status = state.status
    yield "state", state.reason[0] or state.summary.value
    yield "strategy", status.plan.strategy if status.plan else None
    yield "candidates", float(status.trials.total)
    yield "failed", float(status.trials.failed)
    yield "trial-seconds", status.cost.trial_seconds if status.cost else None
    yield "GPU-seconds", status.cost.gpu_seconds if status.cost else None
    yield "best architecture", status.best[0].architecture if status.best else None


def _values(state: SearchState, objective: Objective) -> dict[tuple[str, int | None], float]:
    """Return the value of each candidate by its id and, with rungs, its epochs; of one evaluated twice the last."""
    return {
        (seen.candidate.id, seen.epochs): seen.metrics[objective.metric]
        for seen in _results(state)
        if seen.metrics and objective.metric in seen.metrics
    }


def _results(state: SearchState) -> list[Observation]:
    """Return the results of a search in their order, without those of training again in full."""
    searched = (trial for trial in state.trials if trial.spec.work == Work.TRAIN)
    return sorted(observed(searched), key=lambda seen: seen.sequence)


def _best(state: SearchState, objective: Objective) -> float | None:
    values = [best.metrics[objective.metric] for best in state.status.best if objective.metric in best.metrics]
    return best_value(objective, values) if values else None


def _until(first: SearchState, second: SearchState, objective: Objective) -> tuple[float | None, float | None]:
    """Return after how many results each has reached the worse of both bests."""
    bests = [_best(state, objective) for state in (first, second)]
    if None in bests:
        return None, None
    level = max(cost_of(objective, best) for best in bests if best is not None)

    def count(state: SearchState) -> float | None:
        for place, seen in enumerate(_results(state), 1):
            value = (seen.metrics or {}).get(objective.metric, math.nan)
            # As in the status: what breaks a constraint is never best.
            if cost_of(objective, value) <= level and not violation(seen.metrics, state.spec.constraints):
                return float(place)
        return None

    return count(first), count(second)


def _front(state: SearchState, objectives: Sequence[Objective]) -> list[tuple[float, ...]]:
    """Return the costs of a search's Pareto front, as its status has it: smaller is better."""
    return [
        tuple(cost_of(one, best.metrics.get(one.metric, math.nan)) for one in objectives) for best in state.status.best
    ]


def _dominated(front: Sequence[tuple[float, ...]], other: Sequence[tuple[float, ...]]) -> float:
    """Return how many points of a front some point of another dominates (set coverage, Zitzler & Thiele 1999)."""
    return float(sum(any(one != rival and all(map(le, rival, one)) for rival in other) for one in front))


def _differences(first: SearchState, second: SearchState) -> dict[str, tuple[Any, Any]]:
    left, right = (dict(_leaves(state.spec.to_dict())) for state in (first, second))
    pairs = {path: (left.get(path), right.get(path)) for path in sorted(left.keys() | right.keys())}
    return {path: (a, b) for path, (a, b) in pairs.items() if a != b}


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every value of a spec by its path; a list is one value."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, f"{path}.{name}" if path else name)
    else:
        yield path, value
