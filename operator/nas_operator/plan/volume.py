"""The hypervolume of several objectives in a search's status, and its history.

It is measured in a box that the first ten feasible results span: from their best values to a reference, a tenth of
their span beyond their worst (so that the ends of the front count too). The box is recorded and then stays, so that
values can be compared over time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nas_core.api.search import BestArchitecture, HypervolumeBox, HypervolumePoint, NASSearchSpec, NASSearchStatus
from nas_operator.plan.judge import Judgement
from nas_operator.views import observed
from nas_search.history import Observation
from nas_search.hypervolume import hypervolume
from nas_search.ranking import costs, is_valid, violation

RESULTS = 10
BEYOND = 0.1
HISTORY_LIMIT = 32


def volume(
    spec: NASSearchSpec,
    old: NASSearchStatus,
    best: Sequence[BestArchitecture],
    judged: Sequence[Judgement],
    ended: int,
) -> dict[str, Any]:
    """Return the fields of the status that tell the hypervolume of the front ``best``; ``ended``: trials so far."""
    if len(spec.objectives) < 2:
        return {}
    box = old.hypervolume_box or box_of(spec, observed(j.trial for j in judged))
    if box is None or not best:
        return {"hypervolume_box": box}
    value, history = old.hypervolume, old.hypervolume_history
    if value is None or [one.metrics for one in best] != [one.metrics for one in old.best]:
        value = f"{share(spec, box, best):.6g}"
        if not history or history[-1].value != value:
            history = thinned([*history, HypervolumePoint(trials=ended, value=value)])
    return {"hypervolume": value, "hypervolume_box": box, "hypervolume_history": history}


def box_of(spec: NASSearchSpec, seen: Sequence[Observation]) -> HypervolumeBox | None:
    """Return the box that the first feasible results span; None while there are not enough of them."""
    fit = [o for o in seen if is_valid(o, spec.objectives) and violation(o, spec.constraints) == 0]
    if len(fit) < RESULTS:
        return None
    first = sorted(fit, key=lambda o: o.sequence)[:RESULTS]
    values = costs(first, spec.objectives)
    low, high = values.min(axis=0), values.max(axis=0)
    # Of equal values the size alone tells what is much: 0 is as good as any.
    spans = np.where(high > low, high - low, np.where(high != 0, abs(high), 1.0))
    reference = high + BEYOND * spans
    metrics = [(o.metric, -o.sign) for o in spec.objectives]
    return HypervolumeBox(
        best={name: sign * float(v) for (name, sign), v in zip(metrics, low, strict=True)},
        reference={name: sign * float(v) for (name, sign), v in zip(metrics, reference, strict=True)},
    )


def share(spec: NASSearchSpec, box: HypervolumeBox, best: Sequence[BestArchitecture]) -> float:
    """Return the hypervolume of a front as a share of the box."""
    front = np.array([[-o.sign * one.metrics[o.metric] for o in spec.objectives] for one in best])
    reference = np.array([-o.sign * box.reference[o.metric] for o in spec.objectives])
    sides = reference - np.array([-o.sign * box.best[o.metric] for o in spec.objectives])
    return hypervolume(front / sides, reference / sides)


def thinned(history: list[HypervolumePoint]) -> list[HypervolumePoint]:
    """Return a history of at most 32 points: of a longer one every second goes, but for the first and the last."""
    if len(history) <= HISTORY_LIMIT:
        return history
    return [*history[:-1:2], history[-1]]
