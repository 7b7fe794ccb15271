"""The hypervolume of several objectives in a search's status, and its history.

It is measured in a box that the first ten feasible results span: from their best values to a reference point, a tenth
of the span beyond their worst values (so that the ends of the front count too). The box is recorded and stays, so that
values can be compared over time.

With rungs only results of one rung can be compared: the highest that has ten feasible ones. When a higher rung has ten,
box and history start again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from nas_core.api.search import NASSearchSpec
from nas_core.api.search_status import BestArchitecture, HypervolumeBox, HypervolumePoint
from nas_core.history import Observation
from nas_core.objectives import cost_of, costs_of, violation
from nas_plan.look import Look
from nas_search.hypervolume import hypervolume
from nas_search.ranking import best as best_of
from nas_search.ranking import costs, is_valid

RESULTS = 10
BEYOND = 0.1
HISTORY_LIMIT = 32
FRONTS_KEPT = 256


def hypervolume_fields(look: Look, best: Sequence[BestArchitecture], ended: int) -> dict[str, Any]:
    """Return the fields of the status that tell the hypervolume; ``ended``: trials so far.

    Without rungs it is that of the front ``best``.
    """
    spec, old = look.spec, look.search.status
    if len(spec.objectives) < 2:
        return {}
    box, history = old.hypervolume_box, old.hypervolume_history
    front: list[Mapping[str, float]] = [winner.metrics for winner in best]
    if box is None or spec.strategy.rungs:
        levels = group_by_epochs(spec, look.observed)
        highest = max((epochs for epochs, results in levels.items() if len(results) >= RESULTS), default=None)
        # Never back to a lower rung: values measured in two boxes cannot be compared.
        if highest is not None and (box is None or highest > (box.epochs or 0)):
            box, history = span_box(spec, levels[highest]), []
        if box and spec.strategy.rungs:
            results = best_of(levels.get(box.epochs or 0, []), spec.objectives, spec.constraints)
            front = [result.metrics or {} for result in results]
    if box is None or not front:
        return {"hypervolume_box": box, "hypervolume_history": history}
    # Fewer digits than a float has, so that rounding does not add points to the history.
    value = f"{measure_share(spec, box, front):.6g}"
    if not history or history[-1].value != value:
        history = thin([*history, HypervolumePoint(trials=ended, value=value)])
    return {"hypervolume": value, "hypervolume_box": box, "hypervolume_history": history}


def group_by_epochs(spec: NASSearchSpec, seen: Sequence[Observation]) -> dict[int, list[Observation]]:
    """Return the feasible results by the epochs they were judged after; 0 for those that no rung has."""
    levels: dict[int, list[Observation]] = {}
    for result in seen:
        if is_valid(result, spec.objectives) and violation(result.metrics, spec.constraints) == 0:
            levels.setdefault(result.epochs or 0, []).append(result)
    return levels


def span_box(spec: NASSearchSpec, fit: Sequence[Observation]) -> HypervolumeBox:
    """Return the box that the first ten of feasible results span."""
    first = sorted(fit, key=lambda o: o.sequence)[:RESULTS]
    # (results, objectives); the bounds below have one value for each objective.
    values = costs(first, spec.objectives)
    low, high = values.min(axis=0), values.max(axis=0)
    # Of equal values the size alone tells what is much: 0 is as good as any.
    spans = np.where(high > low, high - low, np.where(high != 0, abs(high), 1.0))
    reference = high + BEYOND * spans
    return HypervolumeBox(
        best={o.metric: cost_of(o, float(v)) for o, v in zip(spec.objectives, low, strict=True)},
        reference={o.metric: cost_of(o, float(v)) for o, v in zip(spec.objectives, reference, strict=True)},
        epochs=first[0].epochs,
    )


def measure_share(spec: NASSearchSpec, box: HypervolumeBox, front: Sequence[Mapping[str, float]]) -> float:
    """Return the hypervolume of a front, given by its metrics, as a share of the box."""
    points = np.array([costs_of(metrics, spec.objectives) for metrics in front])  # (points, objectives)
    reference = np.array(costs_of(box.reference, spec.objectives))
    # In units of the box's sides the volume from best to reference is 1, whatever units the objectives have.
    sides = reference - np.array(costs_of(box.best, spec.objectives))
    return _hypervolume(tuple(map(tuple, (points / sides).tolist())), tuple((reference / sides).tolist()))


@lru_cache(maxsize=FRONTS_KEPT)
def _hypervolume(points: tuple[tuple[float, ...], ...], reference: tuple[float, ...]) -> float:
    """Every look asks for it, and few find another front."""
    return hypervolume(np.array(points), np.array(reference))


def thin(history: list[HypervolumePoint]) -> list[HypervolumePoint]:
    """Return a history of at most 32 points: of a longer one every second goes, but for the first and the last."""
    if len(history) <= HISTORY_LIMIT:
        return history
    return [*history[:-1:2], history[-1]]
