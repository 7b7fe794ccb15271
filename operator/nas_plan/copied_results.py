"""What is copied of the results of an earlier search or an entry of a knowledge base: bounded, for one space. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from nas_core.api.search import NASSearchSpec
from nas_core.api.trial import CandidateSpec
from nas_core.history import Scored
from nas_core.objectives import costs_of
from nas_core.spaces import ArchitectureError, SearchSpace, get_space
from nas_plan.taken_over import taken_over
from nas_plan.trial_status import CANDIDATE_METRICS_KEPT, keep_metrics
from nas_search.predictors.results_used import subset

FEWEST = 5
"""Results of a search that are worth a predictor."""
MOST = 256
"""Results that are copied of a search, half of them the best: as many as a trial has candidates."""
MOST_BYTES = 512 * 1024
"""Bytes of them at most: etcd takes objects of 1.5 MiB."""

Result = tuple[int, Mapping[str, str], Mapping[str, str], Mapping[str, float]]
"""Index of a candidate in its search, its architecture, its hyperparameters, its metrics."""


def copied(spec: NASSearchSpec, source: str, results: Iterable[Result]) -> tuple[Scored, ...]:
    """Return the results that a search can use, in the order that is given.

    Args:
        spec: of the search, with all that it leaves open filled in.
        source: name of the search that they are of.
        results: of a candidate with several the last counts.
    """
    space = get_space(spec.search_space, spec.hyperparameters)
    fitting = (
        (fit, metrics)
        for index, architecture, hyperparameters, metrics in results
        if _is_valid(spec, metrics) and (fit := _taken(space, f"{source}/{index}", architecture, hyperparameters))
    )
    valid = list({fit.id: (fit, metrics) for fit, metrics in fitting}.values())
    if not valid:
        return ()
    first = np.array([-costs_of(metrics, spec.objectives)[0] for _, metrics in valid])
    most = MOST
    while True:
        chosen = [valid[place] for place in subset(first, most).tolist()]
        rows = tuple(Scored(fit, keep_metrics(metrics, spec, CANDIDATE_METRICS_KEPT)) for fit, metrics in chosen)
        if most == 1 or sum(_bytes(row) for row in rows) <= MOST_BYTES:
            return rows
        most //= 2


def _is_valid(spec: NASSearchSpec, metrics: Mapping[str, float]) -> bool:
    return bool(np.isfinite(costs_of(metrics, spec.objectives)).all())


def _taken(
    space: SearchSpace, source: str, architecture: Mapping[str, str], hyperparameters: Mapping[str, str]
) -> CandidateSpec | None:
    """Return a candidate of an earlier search in a space, without its text; None if it is not there."""
    try:
        found = taken_over(space, space.join(architecture, hyperparameters), "WarmStart", source)
    except ArchitectureError:
        return None
    return found.model_copy(update={"text": None})


def _bytes(row: Scored) -> int:
    return len(row.candidate.model_dump_json(by_alias=True, exclude_none=True)) + 40 * len(row.metrics)
