"""The spec of a search with everything that it refers to filled in. The gatherer calls it for each look.

A shared space is copied into the status when the search begins, so that the search goes on when the space is deleted.
The same holds for the strategy that was chosen for a search that names none, and for all else that the spec leaves
open (`nas_plan.defaults`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from nas_core.api.guidance import Injection
from nas_core.api.search import NASSearchSpec
from nas_core.api.search_status import InitialModel, Plan, SupernetStatus
from nas_core.api.space import SearchSpaceSource
from nas_core.api.supernet_rules import cells_fault
from nas_core.api.trial import DatasetSummary
from nas_core.reasons import SearchReason
from nas_core.records.chosen import complete
from nas_core.records.model import ModelView
from nas_core.records.search import ReadableSearch, SearchView, UnreadableSearch
from nas_core.records.space import SpaceView
from nas_core.spaces import get_space
from nas_plan.defaults import choose_settings
from nas_plan.earlier import Source, read_earlier
from nas_plan.initial_model import initial_model, starting_from
from nas_plan.injected import read_injected
from nas_plan.input_size import input_fault
from nas_plan.phases.prepare import is_asked_for
from nas_plan.shared_weights import Refusal, shared_weights
from nas_plan.trial_status import CANDIDATE_METRICS_KEPT
from nas_search import DEFAULTS, KINDS, ChosenStrategy, choose, strategy_name, with_chosen


def resolve(
    search: SearchView,
    space: SpaceView | None,
    dataset: DatasetSummary | None = None,
    sharing: SearchView | None = None,
    earlier: Mapping[str, Source] | None = None,
    injections: Sequence[tuple[Injection, Source]] = (),
    model: ModelView | None = None,
) -> SearchView:
    """Return the search with all that it leaves open.

    ``space`` is the NASSearchSpace that it names, if there is one, ``dataset`` what was prepared, if that is known,
    ``sharing`` the search whose shared weights it names, ``earlier`` the searches whose results are to be read,
    ``injections`` the candidates of other searches that are to be tried, each with its search, ``model`` the NASModel
    that it starts from. What cannot be used is an error of the search: the space is not there, or decisions do not fit
    together.
    """
    if isinstance(search, UnreadableSearch):
        return search
    source = search.spec.search_space
    if source.ref is not None:
        # Until then the space may still be corrected.
        taken = search.status.search_space if search.begun else None
        if taken is None:
            if space is None or space.meta.deleting:
                return search.unreadable(
                    f"spec.searchSpace.ref: there is no NASSearchSpace {source.ref.name!r} in this namespace; "
                    "create it, or correct the name",
                    SearchReason.SEARCH_SPACE_NOT_FOUND,
                )
            if space.spec is None:
                return search.unreadable(
                    f"spec.searchSpace.ref: NASSearchSpace {source.ref.name!r} cannot be used: {space.error}",
                    SearchReason.SEARCH_SPACE_INVALID,
                )
            taken = space.spec
        source = SearchSpaceSource.model_validate({**taken.model_dump(exclude_unset=True), "ref": source.ref})
    spec = search.spec.model_copy(update={"search_space": source})
    # Of a search that has begun, the spec was read with what is on record.
    plan = search.status.plan
    chosen = tuple(plan.chosen if plan else ()) if search.begun else choose_settings(spec, dataset)
    spec = complete(spec, chosen)
    try:
        described = get_space(source, spec.hyperparameters)
    except ValueError as invalid:
        return search.unreadable(f"spec.searchSpace and spec.hyperparameters: {invalid}")
    named = {objective.metric for objective in spec.objectives} | {limit.metric for limit in spec.named_limits}
    if len(named) >= CANDIDATE_METRICS_KEPT:
        return search.unreadable(
            f"spec.targets: objectives, constraints and targets name {len(named)} different metrics, and fewer than "
            f"{CANDIDATE_METRICS_KEPT} are kept of each candidate; name fewer"
        )
    if (of := cells_fault(spec)) is not None:
        return search.unreadable(f"spec.strategy: gradient strategies are for spaces of cells, and not for {of}")
    shared = _shared(search, spec, sharing, dataset)
    if isinstance(shared, Refusal):
        return search.unreadable(shared.message, shared.reason)
    started = _initial(search, spec, model)
    if isinstance(started, Refusal):
        return search.unreadable(started.message, started.reason)
    if started is not None:
        spec = starting_from(spec, started)
    settled = dataset is not None or not is_asked_for(spec)
    read = read_earlier(spec, search.meta.name, earlier or {}, settled)
    if isinstance(read, Refusal):
        return search.unreadable(read.message, read.reason)
    injected, missing = read_injected(spec, injections)
    search = replace(search, earlier=read, injected=injected, injection_fault=missing, initial_model=started)
    # Once it has begun, what this goes by cannot change any more.
    if not search.begun and (fault := input_fault(spec, described)):
        return search.unreadable(fault)
    if strategy_name(spec.strategy) is not None:
        return replace(search, spec=spec, chosen=chosen, supernet=shared)
    choice = (_chosen(search.status.plan) if search.begun else None) or choose(
        described, spec.objectives, spec.budget.max_trials
    )
    spec = spec.model_copy(update={"strategy": with_chosen(spec.strategy, choice.member)})
    return replace(search, spec=spec, strategy_reason=choice.why, chosen=chosen, supernet=shared)


def _shared(
    search: ReadableSearch, spec: NASSearchSpec, sharing: SearchView | None, dataset: DatasetSummary | None
) -> SupernetStatus | Refusal | None:
    """Return the weights of another search that a search uses; None if it uses none."""
    if search.supernet_ref is None:
        return None
    # Until then the other search may go, or be corrected.
    taken = search.status.supernet if search.begun else None
    return taken or shared_weights(spec, search.supernet_ref, sharing, dataset)


def _initial(search: ReadableSearch, spec: NASSearchSpec, model: ModelView | None) -> InitialModel | Refusal | None:
    """Return the model from whose weights networks start; None if the search names none."""
    if search.model_ref is None:
        return None
    # Until then the model may go, or another one be named.
    taken = search.status.initial_model if search.begun else None
    return taken or initial_model(spec, search.model_ref, model)


def _chosen(plan: Plan | None) -> ChosenStrategy | None:
    """Return the choice that is on record: a budget that is changed later changes no strategy."""
    # The plan of a search with rungs tells their scheduler, too.
    member = next((name for name in DEFAULTS if plan and KINDS[name].name == plan.strategy.split()[0]), None)
    return ChosenStrategy(member, plan.strategy_reason or "") if plan and member else None
