"""Before the search: results of earlier searches are put on record, for a predictor to learn from.

A trial of work Earlier keeps those of one search. It is written once and never changed, and nothing runs for it. Until
every one is there no candidate is chosen, so every decision sees the same ones. A search whose candidates are evaluated
by a surrogate alone ends here if that does not rank them.
"""

from __future__ import annotations

from nas_core.api.surrogate_rules import predicts
from nas_core.reasons import SearchReason
from nas_core.states import Work
from nas_plan.earlier import as_trial
from nas_plan.look import Look
from nas_plan.phases.phase import Step
from nas_plan.search_standing import Standing
from nas_plan.surrogate_evaluation import evaluation_fault


def step(look: Look, standing: Standing) -> Step | None:
    """Put on record what has been read."""
    if standing.over or look.first_index:
        return None
    places = {name: place for place, name in enumerate(look.search.earlier_refs)}
    kept = {j.trial.spec.source for j in look.by_work[Work.EARLIER]}
    missing = [as_trial(one, places[one.source]) for one in look.search.earlier if one.source not in kept]
    if kept.issuperset(places):
        fault = evaluation_fault(look.spec, look.earlier) if predicts(look.spec) and standing.go else None
        return Step(Standing(SearchReason.SURROGATE_FAILED, fault)) if fault else None
    # One of which nothing has been read is waited for: `nas_plan.resolve` says why.
    return Step(standing, tuple(missing) if standing.go else ())
