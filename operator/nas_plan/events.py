"""The Events of a search: what has changed since the last look, each once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nas_core.api.base import Condition
from nas_core.api.search_status import NASSearchStatus, Plan
from nas_core.reasons import Effect, EventReason, PlainReason, SearchReason, TrialReason
from nas_core.records.conditions import find, is_true
from nas_core.records.trial import TrialView
from nas_core.states import ConditionType, Outcome, State
from nas_plan.actions import EventDraft, RecordTrial
from nas_plan.change import Change
from nas_plan.judgement import Judgement

_ENDED_BY_TRIALS = (
    SearchReason.PREPARING_FAILED,
    SearchReason.SCORING_FAILED,
    SearchReason.SUPERNET_FAILED,
    SearchReason.SURROGATE_FAILED,
    SearchReason.EVERY_TRIAL_FAILS,
)
"""Ends of a search that are over when the trials are deleted."""
BLOCKED = frozenset(reason for reason in SearchReason if reason.effect is Effect.BLOCKED)
TRIAL_EVENTS_AT_ONCE = 64
"""Each is a request: with a thousand trials that fail together, the search would do nothing else."""


def trial_event(judgement: Judgement, ended: RecordTrial | None) -> EventDraft | None:
    """Return the Event of a trial that has just failed, crashed or been stopped early; a success is no news."""
    if ended is None:
        return None
    name = judgement.trial.meta.name
    if judgement.state == State.CRASHED and judgement.attempt:
        number = judgement.attempt.number
        message = f"attempt {number} of trial {name} crashed and is tried again: {judgement.message}"
        return EventDraft.warning(EventReason.TRIAL_CRASHED, message)
    if judgement.evidence:
        return EventDraft.normal(TrialReason.EARLY_STOPPED, f"trial {name} was stopped {judgement.message}")
    failed = find(ended.status.conditions, ConditionType.FAILED)
    if failed and failed.status == "True":
        message = f"trial {name} failed: {failed.reason}: {failed.message}"
        return EventDraft.warning(EventReason.TRIAL_FAILED, message)
    if some := [c for c in ended.status.candidates if c.outcome == Outcome.FAILED]:
        count = f"{len(some)} of the {len(ended.status.candidates)} candidates of trial {name} failed"
        message = f"{count}; the first: {some[0].reason}: {some[0].message}"
        return EventDraft.warning(EventReason.CANDIDATES_FAILED, message)
    return None


def warning_events(trials: Sequence[TrialView], ended: Sequence[RecordTrial]) -> tuple[EventDraft, ...]:
    """Return the Events of what results warn of, each warning once a search: what the data have, all trials say."""
    if not any(record.status.warnings for record in ended):
        return ()
    known = {warning for trial in trials for warning in trial.status.warnings}
    events = []
    for record in ended:
        for warning in record.status.warnings:
            if warning not in known:
                known.add(warning)
                message = f"trial {record.trial.meta.name}: {warning}"
                events.append(EventDraft.warning(EventReason.TRIAL_WARNING, message))
    return tuple(events)


def bounded(of_trials: Sequence[EventDraft], of_search: Sequence[EventDraft]) -> tuple[EventDraft, ...]:
    """Return the Events of a look: all of the search's own, and of its trials' so many that they do not hold it up."""
    left = len(of_trials) - TRIAL_EVENTS_AT_ONCE
    if left <= 0:
        return (*of_trials, *of_search)
    more = EventDraft.warning(EventReason.MORE_EVENTS, f"{left} more Events of trials; see: kubectl get nastrials")
    return (*of_trials[:TRIAL_EVENTS_AT_ONCE], more, *of_search)


def search_events(old: NASSearchStatus, new: NASSearchStatus) -> tuple[EventDraft, ...]:
    """Return the Events of a search's change of status."""
    change = Change(old.conditions, new.conditions)
    events = [*_accepted(change, new.plan), *_storage(change), *_data(change), *_record(change)]
    events += [*_standing(change), *_proxy(change), *_comparisons(change)]
    return (*events, *_new_best(old, new))


def _new_best(old: NASSearchStatus, new: NASSearchStatus) -> Iterator[EventDraft]:
    """Tell who is the best now: of each target, or of a search without any."""
    known = {target.name: target.best_value for target in old.targets}
    found = [(f" for {one.name}", one.best, one.best_value, known.get(one.name)) for one in new.targets]
    for of, best, value, before in found or [("", new.best, new.best_value, old.best_value)]:
        # By the shown value: a winner that equals the last one in all digits shown is no news.
        if best and value != before:
            message = f"trial {best[0].trial}{of}: {value} with {best[0].architecture}"
            yield EventDraft.normal(EventReason.NEW_BEST, message)


def _accepted(change: Change, plan: Plan | None) -> Iterator[EventDraft]:
    if plan and change.begins(ConditionType.ACCEPTED):
        gpu = f"at most {plan.gpu_hours_at_most} GPU-hours" if plan.gpu_hours_at_most else "GPU-hours not bounded"
        by = f"{plan.strategy} ({plan.strategy_reason})" if plan.strategy_reason else plan.strategy
        yield EventDraft.normal(ConditionType.ACCEPTED, f"{plan.candidates} candidates by {by}, {gpu}")
    rejected = change.fails(ConditionType.ACCEPTED)
    # Another message is news, too: what was wrong has been corrected, and something else is wrong.
    if rejected and rejected != find(change.old, ConditionType.ACCEPTED):
        yield EventDraft.warning(rejected.reason, rejected.message)


def _storage(change: Change) -> Iterator[EventDraft]:
    fault = change.fails(ConditionType.STORAGE_READY)
    if fault and change.has_another_reason(ConditionType.STORAGE_READY):
        yield EventDraft.warning(fault.reason, fault.message)
    # That a storage works from the first look on is no news.
    if change.begins(ConditionType.STORAGE_READY) and find(change.old, ConditionType.STORAGE_READY):
        yield EventDraft.normal(ConditionType.STORAGE_READY, "the storage works again; the search goes on")


def _data(change: Change) -> Iterator[EventDraft]:
    # That they cannot be prepared is told by the trial, and by the search that fails of it.
    if ready := change.begins(ConditionType.DATA_READY):
        yield EventDraft.normal(ConditionType.DATA_READY, f"the data are prepared: {ready.message}")


def _record(change: Change) -> Iterator[EventDraft]:
    incomplete = change.fails(ConditionType.RECORD_COMPLETE)
    # Each deletion is news: the message counts them.
    if incomplete and change.has_another_message(ConditionType.RECORD_COMPLETE):
        yield EventDraft.warning(incomplete.reason, incomplete.message)


def _standing(change: Change) -> Iterator[EventDraft]:
    if suspended := change.begins(ConditionType.SUSPENDED):
        yield EventDraft.normal(ConditionType.SUSPENDED, suspended.message)
    if succeeded := change.begins(ConditionType.SUCCEEDED):
        yield EventDraft.normal(ConditionType.SUCCEEDED, succeeded.message)
    if failed := change.begins(ConditionType.FAILED):
        yield EventDraft.warning(ConditionType.FAILED, failed.message)
    if is_true(change.old, ConditionType.SUSPENDED) and not is_true(change.new, ConditionType.SUSPENDED):
        yield EventDraft.normal(EventReason.RESUMED, "spec.suspend was removed; trials go on from their checkpoints")
    progressing = find(change.new, ConditionType.PROGRESSING)
    if _over(change.old) and not _over(change.new) and is_true(change.new, ConditionType.PROGRESSING):
        failed = find(change.old, ConditionType.FAILED)
        again = failed is not None and failed.reason in _ENDED_BY_TRIALS
        why = (
            "the trials that failed it were deleted, or are tried again"
            if again
            else "the budget was raised, what failed is tried again, or retraining was asked for"
        )
        yield EventDraft.normal(EventReason.CONTINUED, f"{why}; the search goes on")
    if progressing and progressing.reason in BLOCKED and change.has_another_reason(ConditionType.PROGRESSING):
        yield EventDraft.warning(progressing.reason, progressing.message)


def _proxy(change: Change) -> Iterator[EventDraft]:
    unreliable = change.fails(ConditionType.PROXY_RELIABLE)
    if unreliable and change.has_another_reason(ConditionType.PROXY_RELIABLE):
        yield EventDraft.warning(unreliable.reason, f"what wins here need not win in full: {unreliable.message}")
    unused = change.fails(ConditionType.SURROGATE_RELIABLE)
    if unused and change.has_another_reason(ConditionType.SURROGATE_RELIABLE):
        yield EventDraft.normal(unused.reason, f"the predictor is not used: {unused.message}")
    contradicted = change.fails(ConditionType.SCORES_RELIABLE)
    if contradicted and change.has_another_reason(ConditionType.SCORES_RELIABLE):
        yield EventDraft.normal(contradicted.reason, f"zero-cost scores are dropped: {contradicted.message}")
    foreseen = change.fails(ConditionType.WARM_START_USEFUL)
    if foreseen and change.has_another_reason(ConditionType.WARM_START_USEFUL):
        yield EventDraft.normal(foreseen.reason, f"the earlier searches are dropped: {foreseen.message}")


def _comparisons(change: Change) -> Iterator[EventDraft]:
    found = change.fails(ConditionType.COMPARISONS_FOLLOWED)
    if found is None:
        return
    if found.reason == PlainReason.CANDIDATES_UNKNOWN:
        # Another candidate is news: the message names it.
        if change.has_another_message(ConditionType.COMPARISONS_FOLLOWED):
            yield EventDraft.warning(found.reason, found.message)
    # Which comparisons are not followed changes with the front, and is no news each time.
    elif change.has_another_reason(ConditionType.COMPARISONS_FOLLOWED):
        yield EventDraft.normal(found.reason, found.message)


def _over(conditions: Sequence[Condition]) -> bool:
    return is_true(conditions, ConditionType.SUCCEEDED) or is_true(conditions, ConditionType.FAILED)
