"""What TensorBoard and Weights & Biases are given alike of a search: the runs of its candidates, as for a tracking
server (`nas_plan.tracking`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from nas_core.records.search import ReadableSearch
from nas_core.records.trial import TrialView
from nas_plan.tracking.candidates import candidate_run, ended
from nas_plan.tracking.run import Point, Run
from nas_plan.tracking.search import improvements


def candidate_runs(search: ReadableSearch, trials: Sequence[TrialView]) -> list[Run]:
    """Return the run of each trained candidate that has ended."""
    return [candidate_run(search, key, trial, place) for key, trial, place in ended(trials)]


def best_so_far(search: ReadableSearch, trials: Sequence[TrialView]) -> list[Point]:
    """Return the points of the search as a whole, in the order of the results."""
    return [point for better in improvements(search, trials) for point in better.points]


def numeric(runs: Iterable[Run]) -> dict[str, bool]:
    """Return for each parameter whether it is a number in all runs that have it."""
    found: dict[str, bool] = {}
    for run in runs:
        for name, value in run.params.items():
            found[name] = found.get(name, True) and _is_number(value)
    return found


def _is_number(value: str) -> bool:
    try:
        return math.isfinite(float(value))
    except ValueError:
        return False
