"""The next status of a search, from the judged trials and its standing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from nas_core.api.base import Condition
from nas_core.api.search import Activity, BestArchitecture, Cost, NASSearchSpec, NASSearchStatus, TrialCounts
from nas_core.layout import storage_location
from nas_core.metric_names import on_test_split
from nas_core.objectives import best_value, cost_of
from nas_core.records.conditions import find, internal_error, set_condition
from nas_core.records.objects import SearchView, by_result, observed
from nas_core.spaces import get_space
from nas_plan.hypervolume_history import volume
from nas_plan.phases.retrain import identity, wanted
from nas_plan.preview import preview
from nas_plan.search_standing import Outcome
from nas_plan.snapshot import Snapshot
from nas_plan.trial_state import Judgement, State
from nas_plan.trial_status import foremost
from nas_search.ranking import best as best_of
from nas_search.ranking import fullest, rank_correlation

METRICS_SHOWN = 32
LEAST_CORRELATED = 3


def invalid(snapshot: Snapshot) -> NASSearchStatus:
    """Return the status of a search whose spec cannot be read."""
    search, now = snapshot.search, snapshot.now
    message = f"{search.error}; correct the spec" if search.error_reason == "InvalidSpec" else str(search.error)
    conditions = set_condition(
        search.status.conditions, "Accepted", False, search.error_reason, message, now, search.generation
    )
    conditions = set_condition(conditions, "Progressing", False, search.error_reason, message, now, search.generation)
    return search.status.model_copy(update={"observed_generation": search.generation, "conditions": conditions})


def refused(snapshot: Snapshot, status: NASSearchStatus, reason: str, message: str) -> NASSearchStatus:
    """Return the status of a search whose trials Kubernetes does not take; ``status`` is the one that was planned."""
    search = snapshot.search
    conditions = set_condition(status.conditions, "Progressing", True, reason, message, snapshot.now, search.generation)
    # How many of the planned trials exist is for the next look to see.
    return status.model_copy(update={"conditions": conditions, "trials": search.status.trials})


def held_up(search: SearchView, reason: str, message: str, now: datetime) -> NASSearchStatus:
    """Return the status of a search that could not be planned for; all but its condition stays as it is."""
    old = search.status
    conditions = set_condition(old.conditions, "Progressing", True, reason, message, now, search.generation)
    return old.model_copy(update={"conditions": conditions})


def internal(bug: BaseException) -> tuple[str, str]:
    """Return reason and message of a search whose look ended in an exception that nobody expected."""
    told = f"{internal_error(bug)}; the operator's log has the traceback, please report it. It is tried again"
    return "InternalError", told


def not_emptied(search: SearchView, fault: str) -> str:
    """Return the message of a search that is being deleted and whose objects cannot be."""
    give_up = """'{"spec":{"storage":{"deletionPolicy":"Retain"}}}'"""
    return (
        f"the search is deleted when its objects are, and they cannot be: {fault}. To leave them where they are: "
        f"kubectl patch nas {search.meta.name} -n {search.meta.namespace} --type merge -p {give_up}"
    )


def compose(
    snapshot: Snapshot, judged: Sequence[Judgement], outcome: Outcome, total: int, created: int
) -> NASSearchStatus:
    """Return the status of a search that had ``total`` trials and is being given ``created`` more."""
    search, spec, now = snapshot.search, snapshot.search.spec, snapshot.now.replace(microsecond=0)
    assert spec is not None, "an unreadable spec is handled by invalid()"
    old = search.status
    searching = [j for j in judged if j.trial.spec.work == "Train"]
    counts = count(searching, outcome, total, created)
    best = rank(spec, searching)
    again = retrained(spec, judged)
    first = spec.objectives[0].metric
    ended = counts.succeeded + counts.stopped + counts.failed
    return NASSearchStatus(
        observed_generation=search.generation,
        conditions=_conditions(snapshot, outcome),
        plan=old.plan
        if old.plan and old.observed_generation == search.generation
        else preview(spec, search.strategy_reason),
        search_space=spec.search_space.described if spec.search_space.ref else None,
        trials=counts,
        progress=f"{ended}/{spec.budget.max_trials}",
        best_value=f"{_extreme(spec, best, first):.6g}" if best else None,
        best=best,
        **volume(spec, old, best, searching, ended),
        retrained=again,
        rank_correlation=correlation(spec, searching, again),
        start_time=old.start_time or now,
        completion_time=(old.completion_time or now) if outcome.over else None,
        activity=_activity(old.activity, outcome, now),
        cost=Cost(
            trial_seconds=round(sum(j.trial.status.trial_seconds for j in judged), 3),
            gpu_seconds=round(sum(j.trial.status.gpu_seconds for j in judged), 3),
        ),
        storage_root=f"s3://{spec.storage.bucket}/{storage_location(search.meta, spec.storage).root}"
        if spec.storage
        else None,
    )


def count(judged: Sequence[Judgement], outcome: Outcome, total: int, created: int) -> TrialCounts:
    """Count candidates by the state of their trial; the ``created`` ones come on top and are pending.

    With rungs a candidate is in the state of the trial that took it highest.
    """
    newest: dict[int, Judgement] = {}
    for j in judged:
        known = newest.get(j.trial.spec.index)
        if known is None or (known.trial.spec.epochs or 0) < (j.trial.spec.epochs or 0):
            newest[j.trial.spec.index] = j
    states: Counter[State] = Counter()
    for j in newest.values():
        states[j.state] += j.trial.size
    failed = sum(len(j.trial.failures) for j in newest.values() if j.trial.recorded)
    stopped = sum(j.trial.status.stop_evidence is not None for j in newest.values())
    refusals = sum(j.trial.refusals for j in newest.values() if j.trial.recorded)
    idle = states[State.READY] + states[State.CRASHED]
    held = outcome.stop_running
    return TrialCounts(
        total=total + created,
        pending=states[State.PENDING] + (0 if held else idle + created),
        running=states[State.RUNNING] + states[State.STOPPING],
        collecting=states[State.COLLECTING] + states[State.ENDED],
        suspended=idle if held else 0,
        succeeded=states[State.SUCCEEDED] + states[State.FAILED] - failed - stopped - refusals,
        stopped=stopped,
        failed=failed,
        refused=refusals,
    )


def rank(spec: NASSearchSpec, judged: Sequence[Judgement]) -> list[BestArchitecture]:
    """Return the architectures that none beats: one, or the Pareto front of several objectives."""
    space = get_space(spec.search_space, spec.hyperparameters)
    trials = by_result(j.trial for j in judged)
    results = fullest(observed(j.trial for j in judged), spec.objectives, spec.constraints)
    winners = best_of(results, spec.objectives, spec.constraints)
    return [
        BestArchitecture(
            trial=trials[winner.sequence].meta.name,
            architecture=space.text(space.join(winner.candidate.architecture, winner.candidate.hyperparameters)),
            id=winner.candidate.id,
            metrics=foremost(winner.metrics or {}, spec, METRICS_SHOWN),
            checkpoint=trials[winner.sequence].checkpoint(winner.index),
        )
        for winner in winners
    ]


def retrained(spec: NASSearchSpec, judged: Sequence[Judgement]) -> list[BestArchitecture]:
    """Return the architectures that `spec.retrain` asks for and that have been trained again, the best first."""
    done = [j.trial for j in judged if j.trial.spec.work == "Retrain" and j.trial.succeeded]
    if not done:
        # Every look comes here, and to tell what is wanted all results are ranked.
        return []
    asked = {identity(trial) for trial in wanted(spec, judged)}
    shown = [trial for trial in done if identity(trial.spec) in asked]
    shown.sort(key=lambda t: cost_of(spec.objectives[0], _value(t.status.metrics, spec)))
    return [
        BestArchitecture(
            trial=trial.meta.name,
            architecture=trial.spec.candidates[0].text or "",
            id=trial.spec.candidates[0].id,
            metrics=foremost(trial.status.metrics, spec, METRICS_SHOWN),
            checkpoint=trial.status.checkpoint,
        )
        for trial in shown
    ]


def correlation(spec: NASSearchSpec, searching: Sequence[Judgement], again: Sequence[BestArchitecture]) -> str | None:
    """Return Spearman's correlation between search and retraining, over three architectures or more."""
    if len(again) < LEAST_CORRELATED:
        return None
    first = spec.objectives[0].metric
    results = fullest(observed(j.trial for j in searching), spec.objectives, spec.constraints)
    before = {seen.candidate.id: seen.metrics[first] for seen in results if seen.metrics and first in seen.metrics}
    pairs = [(before[one.id], _value(one.metrics, spec)) for one in again if one.id in before]
    if len(pairs) < LEAST_CORRELATED:
        return None
    found = rank_correlation([a for a, _ in pairs], [b for _, b in pairs])
    return None if found is None else f"{found:.3f}"


def _value(metrics: Mapping[str, float], spec: NASSearchSpec) -> float:
    """Return the first objective's value, on the test split if there was one."""
    first = spec.objectives[0].metric
    return metrics[on_test_split(first)] if on_test_split(first) in metrics else metrics[first]


def _extreme(spec: NASSearchSpec, best: Sequence[BestArchitecture], metric: str) -> float:
    return best_value(spec.objectives[0], (b.metrics[metric] for b in best))


def _activity(old: Activity | None, outcome: Outcome, now: datetime) -> Activity:
    """Let the clock of `budget.maxDuration` run only while trials may run."""
    seconds, since = (old.seconds, old.since) if old else (0.0, None)
    if outcome.stop_running:
        return Activity(seconds=seconds + ((now - since).total_seconds() if since else 0.0), since=None)
    return Activity(seconds=seconds, since=since or now)


def _conditions(snapshot: Snapshot, outcome: Outcome) -> list[Condition]:
    search, now = snapshot.search, snapshot.now
    conditions: Sequence[Condition] = search.status.conditions

    def put(kind: str, status: bool, reason: str, message: str = "") -> None:
        nonlocal conditions
        conditions = set_condition(conditions, kind, status, reason, message, now, search.generation)

    put("Accepted", True, "Valid")
    if search.spec and search.spec.storage:
        fault = snapshot.storage_fault
        put("StorageReady", fault is None, fault.reason if fault else "Reachable", fault.message if fault else "")
    put("Progressing", not outcome.stop_running, outcome.reason, outcome.message)
    put(
        "Suspended",
        outcome.suspended,
        outcome.reason if outcome.suspended else "NotSuspended",
        outcome.message if outcome.suspended else "",
    )
    put(
        "Succeeded",
        outcome.succeeded,
        outcome.reason if outcome.succeeded else "NotFinished",
        outcome.message if outcome.succeeded else "",
    )
    put(
        "Failed",
        outcome.failed,
        outcome.reason if outcome.failed else "NotFailed",
        outcome.message if outcome.failed else "",
    )
    return list(conditions)


def progressing(status: NASSearchStatus) -> str:
    """Return the reason of the Progressing condition: the one word that sums up a search."""
    found = find(status.conditions, "Progressing")
    return found.reason if found else ""
