"""Candidates of other searches that are to be tried (`spec.guidance.injectFrom`). Pure.

They are looked up until they have been tried: then the trial says where its candidate is from, and the other search may
be deleted. What cannot be had is refused like other guidance that cannot be kept (`nas_plan.guidance`).
"""

from __future__ import annotations

from collections.abc import Sequence

from nas_core.api.guidance import Injection
from nas_core.api.search import NASSearchSpec
from nas_core.api.trial import CandidateSpec
from nas_core.records.search import ReadableSearch, SearchView, UnreadableSearch
from nas_core.records.trial import TrialView
from nas_core.spaces import ArchitectureError, SearchSpace, get_space
from nas_core.states import Work
from nas_plan.earlier import Source, trainings
from nas_plan.taken_over import taken_over

FIELD = "spec.guidance.injectFrom"


class InjectionError(ValueError):
    """A candidate cannot be had; the message names field and remedy."""


def untried(search: SearchView, trials: Sequence[TrialView]) -> list[Injection]:
    """Return the candidates of other searches that a search has not tried yet, given its trials."""
    if not search.injections:
        return []
    searched = (one for trial in trials if trial.spec.work == Work.TRAIN for one in trial.spec.candidates)
    tried = {one.source for one in searched if one.origin == "Injected"}
    return [asked for asked in search.injections if str(asked) not in tried]


def read_injected(
    spec: NASSearchSpec, asked: Sequence[tuple[Injection, Source]]
) -> tuple[tuple[CandidateSpec, ...], str | None]:
    """Return candidates of other searches, and why one of them cannot be had; None if all can."""
    if not asked:
        return (), None
    space = get_space(spec.search_space, spec.hyperparameters)
    try:
        return tuple(_found(space, one, source) for one, source in asked), None
    except InjectionError as missing:
        return (), str(missing)


def _found(space: SearchSpace, asked: Injection, source: Source) -> CandidateSpec:
    search, trials = source
    named = f"{FIELD}: NASSearch {asked.search!r}"
    if search is None or search.meta.deleting:
        raise InjectionError(
            f"{FIELD}: there is no NASSearch {asked.search!r} in this namespace; correct the name, or remove the entry"
        )
    if isinstance(search, UnreadableSearch):
        raise InjectionError(f"{named} cannot be read: {search.error}")
    found = _candidate(search, trials, asked.candidate)
    if found is None:
        raise InjectionError(
            f"{named} has no candidate {asked.candidate}; name an index that nasctl trials {asked.search} shows"
        )
    try:
        given = space.join(found.architecture, found.hyperparameters)
        return taken_over(space, given, "Injected", str(asked))
    except ArchitectureError as other:
        raise InjectionError(
            f"{FIELD}: {asked} is no architecture of this search's space: {other}; remove the entry"
        ) from None


def _candidate(search: ReadableSearch, trials: Sequence[TrialView], index: int) -> CandidateSpec | None:
    own = trainings(search, trials)
    holder = next((t for t in own if t.spec.index <= index < t.next_index), None)
    return holder.spec.candidates[index - holder.spec.index] if holder else None
