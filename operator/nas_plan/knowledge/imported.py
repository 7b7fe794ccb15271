"""Results of other tools that a search names (`warmStart.imported`), as `nasctl import` keeps them. Pure.

Whoever names them says that they go with this search, so only what they would be compared by is asked of them: its
objectives, and enough candidates of its space. How they were evaluated there is not known.
"""

from __future__ import annotations

from collections.abc import Sequence

from nas_core.history import Earlier
from nas_core.reasons import SearchReason
from nas_core.records.knowledge import EntryInvalid, read_entry
from nas_core.records.search import ReadableSearch, SearchView
from nas_core.records.trial import TrialView
from nas_core.states import Work
from nas_plan.copied_results import FEWEST, copied
from nas_plan.knowledge.nearest import may_read
from nas_plan.shared_weights import Refusal

FIELD = "spec.warmStart.imported"


def imports_unread(search: SearchView, trials: Sequence[TrialView]) -> list[str]:
    """Return the names whose results are not on record yet; none when the search has begun."""
    if not search.imported_refs or not may_read(search, trials):
        return []
    kept = {t.spec.source for t in trials if t.spec.work == Work.EARLIER and t.asked in (None, search.asked)}
    return [name for name in search.imported_refs if name not in kept]


def imported(search: ReadableSearch, name: str, content: bytes | None) -> Earlier | Refusal:
    """Return what a search takes of imported results, or why it cannot.

    Args:
        search: with all that its spec leaves open filled in.
        name: that it gives.
        content: of the object of this name; None: there is none.
    """
    if content is None:
        message = f"{FIELD}: nothing was imported as {name!r} into this bucket; correct the name, or see: nasctl import"
        return Refusal(SearchReason.EARLIER_RESULTS_NOT_FOUND, message)
    try:
        entry = read_entry(content)
    except EntryInvalid as fault:
        return _unusable(f"{name!r} cannot be read: {fault}; import it again")
    goals = {objective.metric: objective.goal for objective in entry.objectives}
    for objective in search.spec.objectives:
        if goals.get(objective.metric) != objective.goal:
            return _unusable(f"{name!r} was not to {objective.goal} {objective.metric}; import it for this search")
    rows = copied(search.spec, name, [(one.index, one.values, one.values, one.metrics) for one in entry.results])
    if len(rows) < FEWEST:
        return _unusable(
            f"{name!r} has {len(rows)} results with a value of every objective and decisions of this space, and "
            f"{FEWEST} are the least; nasctl import --for says which do not fit"
        )
    return Earlier(name, rows)


def _unusable(message: str) -> Refusal:
    return Refusal(SearchReason.EARLIER_RESULTS_UNUSABLE, f"{FIELD}: {message}")
