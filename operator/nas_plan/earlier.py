"""Results of earlier searches, for a predictor (`evaluation.….from.searches`) or `spec.warmStart`. Pure.

They are copied once, into trials of work Earlier (`nas_plan.phases.earlier`). So what is decided depends on nothing
that may change or be deleted later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nas_core.api.search import NASSearchSpec
from nas_core.api.surrogate_rules import predicts
from nas_core.api.trial import KnownResult, NASTrialSpec
from nas_core.history import Earlier, Observation, Scored
from nas_core.reasons import SearchReason
from nas_core.records.search import ReadableSearch, SearchView, UnreadableSearch
from nas_core.records.trial import TrialView, observed
from nas_core.states import Work
from nas_plan.copied_results import FEWEST, copied
from nas_plan.shared_weights import Refusal
from nas_search.ranking import on_highest_rung

Source = tuple[SearchView | None, Sequence[TrialView]]
"""A search that is named, if there is one, and its trials."""


def unread(search: SearchView, trials: Sequence[TrialView]) -> list[str]:
    """Return the names of the searches whose results have to be read, as they are not on record yet."""
    if search.begun:
        return []
    # Those for a spec that has been corrected since are made again.
    known = {t.spec.source for t in trials if t.spec.work == Work.EARLIER and t.asked in (None, search.asked)}
    return [name for name in search.earlier_refs if name not in known]


def read_earlier(
    spec: NASSearchSpec, own_name: str, sources: Mapping[str, Source], settled: bool
) -> tuple[Earlier, ...] | Refusal:
    """Return the results of earlier searches, or why one of them cannot be used.

    Args:
        spec: of the search that is to learn from them, with all that it leaves open filled in.
        own_name: of that search.
        sources: what is named and not on record yet, by its name in the same namespace.
        settled: whether the space of the search is final; else only the names are checked.
    """
    read = []
    for name, (source, trials) in sources.items():
        found = _named(name, own_name, source)
        if isinstance(found, Refusal):
            return _at(spec, found)
        if settled:
            if fault := _fault(spec, found):
                return _at(spec, _unusable(f"NASSearch {name!r} {fault}"))
            rows = _results(spec, found, trials)
            if len(rows) < FEWEST:
                inside = " and decisions of this space" if spec.warm_start else ""
                few = f"has {len(rows)} results with a value of every objective{inside}, and {FEWEST} are the least"
                return _at(spec, _unusable(f"NASSearch {name!r} {few}; name another"))
            read.append(Earlier(name, rows))
    return tuple(read)


def as_trial(earlier: Earlier, place: int) -> NASTrialSpec:
    """Return the trial that keeps the results of an earlier search, at a place among all of them."""
    return NASTrialSpec(
        index=place,
        basis=0,
        work=Work.EARLIER,
        source=earlier.source,
        distance=None if earlier.distance is None else f"{earlier.distance:.4f}",
        candidates=[one.candidate for one in earlier.results],
        known=[KnownResult.of(one.metrics) for one in earlier.results],
        seed=0,
    )


def on_record(trials: Sequence[TrialView]) -> tuple[Earlier, ...]:
    """Return what trials keep of earlier searches, in the order in which these are named."""
    kept = sorted((t.spec for t in trials if t.spec.work == Work.EARLIER and t.spec.source), key=lambda t: t.index)
    return tuple(
        Earlier(
            one.source or "",
            tuple(Scored(candidate, of.values) for candidate, of in zip(one.candidates, one.known, strict=True)),
            None if one.distance is None else float(one.distance),
        )
        for one in kept
    )


def _unusable(message: str) -> Refusal:
    return Refusal(SearchReason.EARLIER_RESULTS_UNUSABLE, message)


def _at(spec: NASSearchSpec, refusal: Refusal) -> Refusal:
    """Put the field in front of the message."""
    of = "evaluation.surrogate.from" if predicts(spec) else "evaluation.prefilter.predictor.from"
    return refusal._replace(message=f"spec.{'warmStart' if spec.warm_start else of}.searches: {refusal.message}")


def _named(name: str, own_name: str, source: SearchView | None) -> ReadableSearch | Refusal:
    if name == own_name:
        return _unusable(f"{name!r} is this search itself; name earlier ones")
    if source is None or source.meta.deleting:
        message = f"there is no NASSearch {name!r} in this namespace; correct the name, or remove it"
        return Refusal(SearchReason.EARLIER_RESULTS_NOT_FOUND, message)
    if isinstance(source, UnreadableSearch):
        return _unusable(f"NASSearch {name!r} cannot be read: {source.error}")
    if source.status.completion_time is None:
        message = f"NASSearch {name!r} has not ended yet; this search begins when it has"
        return Refusal(SearchReason.EARLIER_RESULTS_NOT_FOUND, message)
    return source


def _fault(spec: NASSearchSpec, other: ReadableSearch) -> str | None:
    """Say what of an earlier search does not fit, and what to do."""
    # What a warm start takes need not be of the same space: it is looked at candidate by candidate.
    same = spec.warm_start is None
    if same and spec.search_space.described != other.space_taken:
        return "is of another space; name one of the same spec.searchSpace"
    if predicts(other.spec):
        return "was evaluated by a surrogate, so that its results are predictions; name one that trained"
    if same and spec.hyperparameters != other.spec.hyperparameters:
        return "has other spec.hyperparameters; name one with the same"
    measured = {objective.metric for objective in other.spec.objectives}
    if missing := [objective.metric for objective in spec.objectives if objective.metric not in measured]:
        return f"does not optimise {missing[0]}, which is an objective of this search; name one that does"
    return None


def _results(spec: NASSearchSpec, other: ReadableSearch, trials: Sequence[TrialView]) -> tuple[Scored, ...]:
    """Return the results that are copied, in the order of recording."""
    found = [(one.index, one.candidate, one.metrics) for one in compared(other, trials) if one.metrics is not None]
    return copied(
        spec, other.meta.name, [(index, one.architecture, one.hyperparameters, given) for index, one, given in found]
    )


def compared(search: ReadableSearch, trials: Sequence[TrialView]) -> list[Observation]:
    """Return the results of a search that are compared with one another, in the order of recording."""
    seen = on_highest_rung(observed(trainings(search, trials)), search.spec.objectives, search.spec.constraints)
    return sorted(seen, key=lambda result: result.sequence)


def trainings(search: ReadableSearch, trials: Sequence[TrialView]) -> list[TrialView]:
    """Return the trials of a search that are compared: not those of one of its name before it, nor of other work."""
    return [t for t in trials if t.meta.owner_uid == search.meta.uid and t.spec.work == Work.TRAIN]
