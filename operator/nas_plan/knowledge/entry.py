"""The entry that a search leaves in the knowledge base of its namespace when it ends. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from nas_core.api.strategy import Objective
from nas_core.api.surrogate_rules import predicts
from nas_core.objectives import costs_of
from nas_core.records.knowledge import MOST_RESULTS, Entry, EntryInvalid, KnownCandidate, Optimised, write_entry
from nas_core.records.search import ReadableSearch
from nas_core.records.trial import TrialView
from nas_core.spaces import get_space
from nas_core.spaces.joint import PREFIX
from nas_plan.copied_results import FEWEST
from nas_plan.earlier import compared
from nas_plan.knowledge.features import features_of
from nas_plan.trial_status import CANDIDATE_METRICS_KEPT, keep_metrics
from nas_search.predictors.results_used import subset
from nas_search.ranking import is_valid


def entry_of(search: ReadableSearch, trials: Sequence[TrialView], now: datetime) -> bytes | None:
    """Return the entry as it is put into the bucket; None if there is nothing that a later search could use.

    Args:
        search: with the status with which it ends, and all that the spec leaves open filled in.
        trials: all of the search.
        now: stands for the time of its end if the status has none.
    """
    spec = search.spec
    # What a surrogate says are predictions, from results that have entries of their own.
    if predicts(spec):
        return None
    # Of a candidate with several results the last.
    valid = list({one.candidate.id: one for one in compared(search, trials) if is_valid(one, spec.objectives)}.values())
    if len(valid) < FEWEST:
        return None
    results = [
        KnownCandidate(
            index=one.index,
            values={**one.candidate.hyperparameters, **one.candidate.architecture},
            metrics=keep_metrics(one.metrics or {}, spec, CANDIDATE_METRICS_KEPT),
        )
        for one in valid
    ]
    space = get_space(spec.search_space, spec.hyperparameters)
    about: dict[str, Any] = {
        "search": search.meta.name,
        "uid": search.meta.uid,
        "created": search.created,
        "ended": search.status.completion_time or now,
        "task": spec.task.type,
        "evaluation": spec.evaluation.member or spec.evaluation.default,
        "objectives": [Optimised.of(objective) for objective in spec.objectives],
        "decisions": sorted({decision.name.removeprefix(PREFIX) for decision in space.decisions}),
        "features": features_of(search.status.dataset),
    }
    entry = bounded_entry(about, results, spec.objectives)
    return write_entry(entry) if entry else None


def bounded_entry(
    about: Mapping[str, Any], results: Sequence[KnownCandidate], objectives: Sequence[Objective]
) -> Entry | None:
    """Return an entry with as many results as it has room for, half of them the best; None if these are too few.

    Args:
        about: all other fields of it.
        results: with a value of each objective.
        objectives: the best are those by the first of these.
    """
    first = np.array([-costs_of(one.metrics, objectives)[0] for one in results])
    most = MOST_RESULTS
    while True:
        entry = Entry(**about, results=[results[place] for place in subset(first, most).tolist()])
        try:
            write_entry(entry)
        except EntryInvalid:
            if most <= FEWEST:
                return None
            most //= 2
        else:
            return entry
