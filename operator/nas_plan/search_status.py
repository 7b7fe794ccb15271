"""The next status of a search, from the states of its trials and its standing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from nas_core.api.base import Condition
from nas_core.api.search import NASSearchSpec
from nas_core.api.search_status import (
    Activity,
    BestArchitecture,
    Cost,
    NASSearchStatus,
    TargetStatus,
    TrialCounts,
)
from nas_core.api.strategy import Constraint
from nas_core.api.surrogate_rules import predicts
from nas_core.api.target import Target
from nas_core.api.trial import CandidateSpec, NASTrialSpec
from nas_core.history import Observation
from nas_core.layout import storage_location
from nas_core.metric_names import on_test_split
from nas_core.objectives import best_value, cost_of
from nas_core.ranks import rank_correlation
from nas_core.reasons import PlainReason, SearchReason
from nas_core.records.conditions import Status, internal_error, is_true, set_condition
from nas_core.records.search import SearchView, UnreadableSearch
from nas_core.records.trial import TrialView, by_result
from nas_core.spaces import get_space
from nas_core.states import ConditionType, State, Work
from nas_plan.ask import surrogate
from nas_plan.comparisons_followed import comparisons_followed, learnt_utility
from nas_plan.deleted_trials import ended_counts
from nas_plan.hypervolume_history import hypervolume_fields
from nas_plan.importance_so_far import importance_so_far
from nas_plan.kstatus import summed_up
from nas_plan.look import Look
from nas_plan.phases.prepare import readiness
from nas_plan.phases.retrain import best_of_target, identity, wanted
from nas_plan.preview import most_candidates, preview
from nas_plan.proxy_reliability import reliability
from nas_plan.score_reliability import score_reliability
from nas_plan.search_standing import Standing, elapsed, left_to_try, tried
from nas_plan.several_trainings import means
from nas_plan.snapshot import Snapshot
from nas_plan.surrogate_evaluation import evaluation_reliability
from nas_plan.surrogate_reliability import surrogate_reliability
from nas_plan.targets import limits_of
from nas_plan.trial_ledger import ledger_of
from nas_plan.trial_status import keep_metrics
from nas_plan.warm_start_usefulness import NOTHING_KNOWN, began_without, warm_start_usefulness
from nas_plan.wording import counted
from nas_search.judged import judged_of
from nas_search.ranking import best as best_of
from nas_search.score_agreement import ScoreAgreement

METRICS_SHOWN = 32
TARGET_METRICS_SHOWN, TARGET_BEST_SHOWN = 16, 5
"""Of each target: with sixteen of them the status must stay within what etcd takes (1.5 MiB)."""
RETRAINED_SHOWN = 20
LEAST_CORRELATED = 3
BEFOREHAND = {Work.PREPARE, Work.EARLIER}
"""Work after which the spec may still be corrected."""


def reject(search: UnreadableSearch, now: datetime) -> NASSearchStatus:
    """Return the status of a search whose spec cannot be read."""
    message = f"{search.error}; correct the spec" if search.reason == SearchReason.INVALID_SPEC else search.error
    conditions: Sequence[Condition] = search.status.conditions
    for kind in (ConditionType.ACCEPTED, ConditionType.PROGRESSING):
        conditions = set_condition(conditions, kind, False, search.reason, message, now, search.generation)
    conditions = summed_up(conditions, now, search.generation)
    return search.status.model_copy(update={"observed_generation": search.generation, "conditions": conditions})


def report_denial(snapshot: Snapshot, status: NASSearchStatus, reason: SearchReason, message: str) -> NASSearchStatus:
    """Return the status of a search whose trials Kubernetes does not take; ``status`` is the one that was planned."""
    search = snapshot.search
    conditions = set_condition(
        status.conditions, ConditionType.PROGRESSING, True, reason, message, snapshot.now, search.generation
    )
    conditions = summed_up(conditions, snapshot.now, search.generation)
    # How many of the planned trials exist is for the next look to see.
    return status.model_copy(update={"conditions": conditions, "trials": search.status.trials})


def report_hold_up(search: SearchView, reason: SearchReason, message: str, now: datetime) -> NASSearchStatus:
    """Return the status of a search that could not be planned for; all but its condition stays as it is."""
    old = search.status
    # What has ended or is suspended does not make progress, whatever holds it up beyond that.
    at_rest = any(
        is_true(old.conditions, kind)
        for kind in (ConditionType.SUCCEEDED, ConditionType.FAILED, ConditionType.SUSPENDED)
    )
    conditions = set_condition(
        old.conditions, ConditionType.PROGRESSING, not at_rest, reason, message, now, search.generation
    )
    conditions = summed_up(conditions, now, search.generation)
    return old.model_copy(update={"conditions": conditions})


def explain_bug(bug: BaseException) -> tuple[SearchReason, str]:
    """Return reason and message of a search whose look ended in an exception that nobody expected."""
    message = f"{internal_error(bug)}; the operator's log has the traceback, please report it. It is tried again"
    return SearchReason.INTERNAL_ERROR, message


def explain_not_emptied(search: SearchView, fault: str) -> str:
    """Return the message of a search that is being deleted and whose objects cannot be."""
    give_up = """'{"spec":{"storage":{"deletionPolicy":"Retain"}}}'"""
    return (
        f"its objects in the storage cannot be deleted: {fault}. To delete the search and keep them: "
        f"kubectl patch nas {search.meta.name} -n {search.meta.namespace} --type merge -p {give_up}"
    )


def compose(look: Look, standing: Standing, new: Sequence[NASTrialSpec] = ()) -> NASSearchStatus:
    """Return the status of a search that is being given ``new`` trials."""
    created = sum(_new_candidates(trial) for trial in new)
    search, spec, now = look.search, look.spec, look.snapshot.now.replace(microsecond=0)
    old = search.status
    counts = count(look, standing, created=created)
    best = rank(look, old.best)
    again = list_retrained(look)
    pairs = before_and_after(look, again)
    first = spec.objectives[0].metric
    ended = counts.succeeded + counts.stopped + counts.failed + counts.deleted
    tried_again = len(look.retried)
    same_spec = old.observed_generation == search.generation
    conditions, deleted = _conditions(look, standing, pairs), look.deleted if look.deleted.candidates else None
    if look.settled:
        kept = {"deleted_trials": deleted, "ledger": ledger_of(look)}
        return old.model_copy(update={"conditions": conditions, "trials": counts, **kept})
    return NASSearchStatus(
        observed_generation=search.generation,
        conditions=conditions,
        # It follows from the spec alone, and counting a space or drawing what is scored takes time: once a generation.
        plan=old.plan
        if old.plan and same_spec and old.plan.chosen == list(search.chosen) and old.plan.objective
        else preview(spec, search.strategy_reason, search.chosen),
        search_space=spec.search_space.described if spec.search_space.ref else None,
        dataset=look.dataset,
        supernet=look.supernet,
        initial_model=look.search.initial_model,
        trials=counts,
        deleted_trials=deleted,
        # A budget may be lowered below what has begun, and 6/1 would look like a fault.
        progress=f"{ended - tried_again}/{max(counts.total - counts.refused - tried_again, _planned(look))}",
        best_value=f"{_extreme(spec, best, first):.6g}" if best else None,
        best=best,
        **hypervolume_fields(look, best, ended),
        utility=learnt_utility(look.compared, spec.objectives) if look.compared else None,
        importance=importance_so_far(old.importance, look.observed, first, over=standing.over),
        retrained=again[:RETRAINED_SHOWN],
        published=old.published,
        targets=[_target(look, target, again) for target in spec.targets],
        rank_correlation=correlate(pairs),
        start_time=old.start_time or now,
        first_trial_time=_first_trial_time(look, standing, new, now),
        # A search that goes on, as its budget was raised, has no end again.
        completion_time=(old.completion_time or now) if standing.over else None,
        activity=_activity(old.activity, standing, now),
        parallel=None if spec.budget.min_parallel_trials is None or standing.over else look.parallel,
        cost=Cost(
            **{name: round(spent + getattr(look.deleted, name), 3) for name, spent in look.spent.items()},
        ),
        report=old.report,
        ledger=ledger_of(look),
        operator=old.operator,
        tracking=old.tracking,
        storage_root=f"s3://{spec.storage.bucket}/{storage_location(search.meta, spec.storage).root}"
        if spec.storage
        else None,
    )


def _planned(look: Look) -> int:
    """Return how many candidates there will be, without those that cost nothing."""
    # With targets the budget is for those that there are now, and others may have been tried before.
    return tried(look) + left_to_try(look) if look.spec.targets else most_candidates(look.spec)


def _target(look: Look, target: Target, again: Sequence[BestArchitecture]) -> TargetStatus:
    """Return what has been found for a target: by all results, whichever target they were for."""
    spec, limits = look.spec, limits_of(look.spec, target)
    old = next((one for one in look.search.status.targets if one.name == target.name), None)
    best = rank(look, old.best if old else (), limits, TARGET_METRICS_SHOWN)
    first = spec.objectives[0].metric
    trained = {entry.id: entry for entry in again}
    places = [winner.candidate.id for winner in best_of_target(look, limits)] if again else []
    return TargetStatus(
        name=target.name,
        candidates=sum(one.candidate.target == target.name for trial in look.trials for one in trial.pending),
        best_value=f"{_extreme(spec, best, first):.6g}" if best else None,
        best=best[:TARGET_BEST_SHOWN],
        # In the order of those that were trained again.
        retrained=[_shortened(entry, spec) for entry in trained.values() if entry.id in places],
        published=old.published if old else None,
    )


def _shortened(entry: BestArchitecture, spec: NASSearchSpec) -> BestArchitecture:
    return entry.model_copy(update={"metrics": keep_metrics(entry.metrics, spec, TARGET_METRICS_SHOWN)})


def _new_candidates(trial: NASTrialSpec) -> int:
    """Return how many candidates a new trial adds to the search: none if it takes one higher, or does not search."""
    return len(trial.candidates) if trial.work == Work.TRAIN and not trial.continues else 0


def _first_trial_time(look: Look, standing: Standing, new: Sequence[NASTrialSpec], now: datetime) -> datetime | None:
    """Return when the search has begun; one that has not come as far as a candidate may be corrected."""
    old = look.search.status.first_trial_time
    if standing.reason in (SearchReason.SCORING_FAILED, SearchReason.SUPERNET_FAILED) and not look.first_index:
        return None
    if old:
        return old
    work = {*(j.trial.spec.work for j in look.judged), *(trial.work for trial in new)}
    return now if work - BEFOREHAND else None


def count(look: Look, standing: Standing, *, created: int) -> TrialCounts:
    """Count candidates by the state of their trial; the ``created`` ones come on top and are pending.

    With rungs a candidate is in the state of the trial that took it highest.
    """
    states: Counter[State] = Counter()
    queued = 0
    for j in look.newest.values():
        # What is on record is counted by what came of each candidate.
        if not j.trial.recorded:
            states[j.state] += j.trial.size
            queued += j.trial.size if j.queued else 0
    on_record = ended_counts(j.trial for j in look.newest.values())
    ended = {name: count + getattr(look.deleted, name) for name, count in on_record.items()}
    idle = states[State.READY] + states[State.CRASHED]
    held = standing.stop_running
    return TrialCounts(
        total=look.first_index + created,
        pending=states[State.PENDING] - queued + (0 if held else idle + created),
        queued=queued,
        # A pod that is still ending holds its resources as a running one does.
        running=states[State.RUNNING] + states[State.STOPPING],
        collecting=states[State.COLLECTING] + states[State.ENDED],
        suspended=idle if held else 0,
        **ended,
        deleted=look.deleted.unended,
    )


def rank(
    look: Look,
    known: Sequence[BestArchitecture],
    limits: Sequence[Constraint] | None = None,
    metrics: int = METRICS_SHOWN,
) -> list[BestArchitecture]:
    """Return the architectures that none beats: one, or the Pareto front of several objectives.

    Within the limits of the search, or others that are given; with so many ``metrics`` at most. Of those that were
    ``known`` to be the best, one whose trial was deleted since stays until it is beaten.
    """
    spec = look.spec
    space = get_space(spec.search_space, spec.hyperparameters)
    trials = by_result(look.trials)
    kept = _best_of_deleted(look, known)
    results = [*look.comparable, *(_as_result(place, entry) for place, entry in kept.items())]
    winners = best_of(results, spec.objectives, spec.constraints if limits is None else limits, look.losses)
    return [
        kept.get(winner.sequence)
        or BestArchitecture(
            trial=trials[winner.sequence].meta.name,
            architecture=space.text(space.join(winner.candidate.architecture, winner.candidate.hyperparameters)),
            id=winner.candidate.id,
            index=winner.index,
            metrics=keep_metrics(winner.metrics or {}, spec, metrics),
            checkpoint=trials[winner.sequence].checkpoint(winner.index),
        )
        for winner in winners
    ]


def _best_of_deleted(look: Look, known: Sequence[BestArchitecture]) -> dict[int, BestArchitecture]:
    """Return those of which no trial is on record, by numbers that no result has."""
    if not look.deleted.candidates:
        return {}
    names = {trial.meta.name for trial in look.trials}
    return dict(enumerate((entry for entry in known if entry.trial not in names), -len(known)))


def _as_result(place: int, entry: BestArchitecture) -> Observation:
    # Its decisions are not known any more; ranking goes by id and metrics.
    return Observation(place, place, CandidateSpec(id=entry.id, architecture={}, origin="Random"), entry.metrics)


def list_retrained(look: Look) -> list[BestArchitecture]:
    """Return the architectures that `spec.retrain` asks for and that have been trained again, the best first.

    By the first objective on validation examples, where full training has held some back. Else in the search's order:
    never by the test split, as the first of several by it would be there for its luck with those examples, too.
    """
    spec = look.spec
    done = [j.trial for j in look.by_work[Work.RETRAIN] if j.trial.succeeded]
    if not done:
        # Every look comes here, and to tell what is wanted all results are ranked.
        return []
    by_identity = {identity(trial.spec): trial for trial in done}
    trained: dict[str, list[TrialView]] = {}
    for asked in wanted(look):
        if trial := by_identity.get(identity(asked)):
            trained.setdefault(asked.candidates[0].id, []).append(trial)
    entries = [_trained_again(trials, spec) for trials in trained.values()]
    first = spec.objectives[0]
    if len(spec.objectives) == 1 and all(first.metric in entry.metrics for entry in entries):
        entries.sort(key=lambda entry: cost_of(first, entry.metrics[first.metric]))
    return entries


def _trained_again(trials: Sequence[TrialView], spec: NASSearchSpec) -> BestArchitecture:
    """Return an architecture that was trained again, once or with several seeds: the model is the first training's."""
    first, several = trials[0], spec.retrain is not None and spec.retrain.seeds > 1
    objectives = {objective.metric for objective in spec.objectives}
    metrics = means([trial.status.metrics for trial in trials], {*objectives, *map(on_test_split, objectives)})
    return BestArchitecture(
        trial=first.meta.name,
        architecture=first.spec.candidates[0].text or "",
        id=first.spec.candidates[0].id,
        index=first.spec.index,
        metrics=keep_metrics(metrics, spec, METRICS_SHOWN),
        checkpoint=first.status.checkpoint,
        bundle=first.status.bundle,
        trainings=len(trials) if several else None,
    )


def before_and_after(look: Look, again: Sequence[BestArchitecture]) -> list[tuple[float, float]]:
    """Return the first objective of each architecture that was trained again: in the search, and afterwards."""
    if not again:
        return []
    spec, first = look.spec, look.spec.objectives[0].metric
    results = look.comparable
    before = {seen.candidate.id: seen.metrics[first] for seen in results if seen.metrics and first in seen.metrics}
    return [(before[b.id], _value(b.metrics, spec)) for b in again if b.id in before]


def correlate(pairs: Sequence[tuple[float, float]]) -> str | None:
    """Return Spearman's correlation between search and retraining, over three architectures or more."""
    if len(pairs) < LEAST_CORRELATED:
        return None
    rho = rank_correlation([a for a, _ in pairs], [b for _, b in pairs])
    return None if rho is None else f"{rho:.3f}"


def _value(metrics: Mapping[str, float], spec: NASSearchSpec) -> float:
    """Return the first objective's value, on the test split if there was one."""
    first = spec.objectives[0].metric
    return metrics[on_test_split(first)] if on_test_split(first) in metrics else metrics[first]


def _extreme(spec: NASSearchSpec, best: Sequence[BestArchitecture], metric: str) -> float:
    return best_value(spec.objectives[0], (b.metrics[metric] for b in best))


def _activity(old: Activity | None, standing: Standing, now: datetime) -> Activity:
    """Let the clock of `budget.maxDuration` run only while trials may run."""
    if standing.stop_running or standing.waits:
        return Activity(seconds=elapsed(old, now).total_seconds(), since=None)
    return Activity(seconds=old.seconds if old else 0.0, since=(old.since if old else None) or now)


def _conditions(look: Look, standing: Standing, pairs: Sequence[tuple[float, float]]) -> list[Condition]:
    search, now = look.search, look.snapshot.now
    conditions: Sequence[Condition] = search.status.conditions

    def put(kind: ConditionType, status: bool | Status, reason: str, message: str = "") -> None:
        nonlocal conditions
        conditions = set_condition(conditions, kind, status, reason, message, now, search.generation)

    if standing.reason in (SearchReason.REFUSED_BY_POLICY, SearchReason.GUIDANCE_IMPOSSIBLE):
        put(ConditionType.ACCEPTED, False, standing.reason, standing.message)
    else:
        put(ConditionType.ACCEPTED, True, PlainReason.VALID)
    if look.spec.storage:
        if fault := look.snapshot.storage_fault:
            put(ConditionType.STORAGE_READY, False, fault.reason, fault.message)
        else:
            put(ConditionType.STORAGE_READY, True, PlainReason.REACHABLE)
    if data := readiness(look, standing):
        put(ConditionType.DATA_READY, *data)
    elif not search.begun:
        # A spec that was corrected may have no data to prepare.
        conditions = [c for c in conditions if c.type != ConditionType.DATA_READY]
    if count := look.deleted.candidates:
        message = (
            f"the NASTrials of {counted(count, 'candidate')} were deleted: what they had found is still counted, but "
            "nothing is decided by it any more"
        )
        put(ConditionType.RECORD_COMPLETE, False, PlainReason.TRIALS_DELETED, message)
    else:
        conditions = [c for c in conditions if c.type != ConditionType.RECORD_COMPLETE]
    # `kubectl get` shows this reason: of a success that it is one; its condition says how it came about.
    shown = PlainReason.SUCCEEDED if standing.succeeded else standing.reason
    put(ConditionType.PROGRESSING, not standing.stop_running, shown, standing.message)
    # Those that do not hold are there too: an absent condition would mean Unknown (API conventions, "Typical status
    # properties").
    for kind, holds, otherwise in (
        (ConditionType.SUSPENDED, standing.suspended, PlainReason.NOT_SUSPENDED),
        (ConditionType.SUCCEEDED, standing.succeeded, PlainReason.NOT_FINISHED),
        (ConditionType.FAILED, standing.failed, PlainReason.NOT_FAILED),
    ):
        if holds:
            put(kind, True, standing.reason, standing.message)
        else:
            put(kind, False, otherwise)
    if pairs:
        put(ConditionType.PROXY_RELIABLE, *reliability(pairs))
    if look.scores and look.recorded:
        seen = sorted(look.observed, key=lambda result: result.sequence)
        agreement = ScoreAgreement(look.spec.objectives).of(look.scores, seen)
        put(ConditionType.SCORES_RELIABLE, *score_reliability(agreement))
    followed = comparisons_followed(look.compared) if look.compared else None
    if followed:
        put(ConditionType.COMPARISONS_FOLLOWED, *followed)
    else:
        conditions = [c for c in conditions if c.type != ConditionType.COMPARISONS_FOLLOWED]
    if predicts(look.spec) and look.earlier:
        put(ConditionType.SURROGATE_RELIABLE, *evaluation_reliability(look.spec, look.earlier))
    elif look.recorded or look.earlier:
        judged = judged_of(look.spec.strategy, look.spec.evaluation)
        warm = bool(look.spec.warm_start and look.earlier)
        worth = surrogate(look.spec, look.trials, look.scores, look.earlier) if judged or warm else None
        if judged:
            put(ConditionType.SURROGATE_RELIABLE, *surrogate_reliability(worth, judged))
        if worth and warm:
            distances = {one.source: one.distance for one in look.earlier}
            put(ConditionType.WARM_START_USEFUL, *warm_start_usefulness(worth.foreseen, distances))
    if began_without(look.search, look.earlier):
        put(ConditionType.WARM_START_USEFUL, *NOTHING_KNOWN)
    return summed_up(conditions, now, search.generation)
