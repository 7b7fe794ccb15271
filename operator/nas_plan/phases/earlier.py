"""Before the search: results of earlier searches are put on record, for a predictor to learn from.

A trial of work Earlier keeps those of one search. It is written once and never changed, and nothing runs for it. Until
every one is there no candidate is chosen, so every decision sees the same ones. A search whose candidates are evaluated
by a surrogate alone ends here if that does not rank them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence

from nas_core.api.surrogate_rules import predicts
from nas_core.history import Earlier
from nas_core.reasons import SearchReason
from nas_core.states import Work
from nas_plan.earlier import as_trial
from nas_plan.knowledge.nearest import still_wanted
from nas_plan.look import Look
from nas_plan.phases.phase import Step
from nas_plan.search_standing import Standing
from nas_plan.surrogate_evaluation import evaluation_fault


def step(look: Look, standing: Standing) -> Step | None:
    """Put on record what has been read."""
    if standing.over or look.first_index:
        return None
    kept = {j.trial.spec.source: j.trial.spec.index for j in look.by_work[Work.EARLIER]}
    missing = [one for one in look.search.earlier if one.source not in kept]
    trials, named = look.snapshot.trials, {*look.search.earlier_refs, *look.search.imported_refs}
    unread = still_wanted(look.search, trials) > 0 and not look.search.knowledge_read
    if not missing and not unread and kept.keys() >= named:
        fault = evaluation_fault(look.spec, look.earlier) if predicts(look.spec) and standing.go else None
        return Step(Standing(SearchReason.SURROGATE_FAILED, fault)) if fault else None
    # One of which nothing has been read is waited for: `nas_plan.resolve` says why.
    made = zip(missing, _places(look, missing, kept.values()), strict=True)
    return Step(standing, tuple(as_trial(*one) for one in made) if standing.go else ())


def _places(look: Look, missing: Sequence[Earlier], taken: Iterable[int]) -> Iterator[int]:
    """Yield a place for each: those that the spec names have theirs there, others the next that are free."""
    named, used = look.search.earlier_refs, set(taken)
    free = (place for place in itertools.count(len(named)) if place not in used)
    for one in missing:
        yield named.index(one.source) if one.source in named else next(free)
