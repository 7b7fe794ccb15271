"""The Events a person wants to read: what changed, once, when it changed."""

from __future__ import annotations

from collections.abc import Sequence

from nas_core.api.search import NASSearchStatus
from nas_core.reasons import Effect, EventReason, SearchReason, TrialReason
from nas_core.records.conditions import find, is_true
from nas_core.records.objects import TrialView
from nas_core.states import ConditionType, Outcome, State
from nas_plan.actions import EventDraft, RecordTrial
from nas_plan.trial_state import Judgement

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
        return EventDraft(
            "Warning",
            EventReason.TRIAL_CRASHED,
            f"attempt {number} of trial {name} crashed and is tried again: {judgement.message}",
        )
    if judgement.evidence:
        return EventDraft("Normal", TrialReason.EARLY_STOPPED, f"trial {name} was stopped {judgement.message}")
    failed = find(ended.status.conditions, ConditionType.FAILED)
    if failed and failed.status == "True":
        return EventDraft(
            "Warning", EventReason.TRIAL_FAILED, f"trial {name} failed: {failed.reason}: {failed.message}"
        )
    if some := [c for c in ended.status.candidates if c.outcome == Outcome.FAILED]:
        count = f"{len(some)} of the {len(ended.status.candidates)} candidates of trial {name} failed"
        return EventDraft(
            "Warning", EventReason.CANDIDATES_FAILED, f"{count}; the first: {some[0].reason}: {some[0].message}"
        )
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
                events.append(
                    EventDraft("Warning", EventReason.TRIAL_WARNING, f"trial {record.trial.meta.name}: {warning}")
                )
    return tuple(events)


def bounded(of_trials: Sequence[EventDraft], of_search: Sequence[EventDraft]) -> tuple[EventDraft, ...]:
    """Return the Events of a look: all of the search's own, and of its trials' so many that they do not hold it up."""
    left = len(of_trials) - TRIAL_EVENTS_AT_ONCE
    if left <= 0:
        return (*of_trials, *of_search)
    more = EventDraft("Warning", EventReason.MORE_EVENTS, f"{left} more Events of trials; see: kubectl get nastrials")
    return (*of_trials[:TRIAL_EVENTS_AT_ONCE], more, *of_search)


def search_events(old: NASSearchStatus, new: NASSearchStatus) -> tuple[EventDraft, ...]:
    """Return the Events of a search's change of status."""
    events: list[EventDraft] = []
    if (
        is_true(new.conditions, ConditionType.ACCEPTED)
        and not is_true(old.conditions, ConditionType.ACCEPTED)
        and new.plan
    ):
        plan = new.plan
        gpu = f"at most {plan.gpu_hours_at_most} GPU-hours" if plan.gpu_hours_at_most else "GPU-hours not bounded"
        by = f"{plan.strategy} ({plan.strategy_reason})" if plan.strategy_reason else plan.strategy
        events.append(EventDraft("Normal", ConditionType.ACCEPTED, f"{plan.candidates} candidates by {by}, {gpu}"))
    accepted = find(new.conditions, ConditionType.ACCEPTED)
    if accepted and accepted.status == "False" and find(old.conditions, ConditionType.ACCEPTED) != accepted:
        events.append(EventDraft("Warning", accepted.reason, accepted.message))
    events += _storage(old, new) + _standing(old, new)
    if new.best and new.best_value != old.best_value:
        winner = new.best[0]
        events.append(
            EventDraft(
                "Normal", EventReason.NEW_BEST, f"trial {winner.trial}: {new.best_value} with {winner.architecture}"
            )
        )
    return tuple(events)


def _storage(old: NASSearchStatus, new: NASSearchStatus) -> list[EventDraft]:
    before, after = find(old.conditions, ConditionType.STORAGE_READY), find(new.conditions, ConditionType.STORAGE_READY)
    if after and after.status == "False" and (before is None or before.reason != after.reason):
        return [EventDraft("Warning", after.reason, after.message)]
    if after and after.status == "True" and before and before.status == "False":
        return [EventDraft("Normal", ConditionType.STORAGE_READY, "the storage works again; the search goes on")]
    return []


def _standing(old: NASSearchStatus, new: NASSearchStatus) -> list[EventDraft]:
    events = []
    for kind, severity in (
        (ConditionType.SUSPENDED, "Normal"),
        (ConditionType.SUCCEEDED, "Normal"),
        (ConditionType.FAILED, "Warning"),
    ):
        after = find(new.conditions, kind)
        if after and after.status == "True" and not is_true(old.conditions, kind):
            events.append(EventDraft(severity, kind, after.message))  # type: ignore[arg-type]
    if is_true(old.conditions, ConditionType.SUSPENDED) and not is_true(new.conditions, ConditionType.SUSPENDED):
        events.append(
            EventDraft("Normal", EventReason.RESUMED, "spec.suspend was removed; trials go on from their checkpoints")
        )
    for kind in (ConditionType.SUCCEEDED, ConditionType.FAILED):
        if is_true(old.conditions, kind) and is_true(new.conditions, ConditionType.PROGRESSING):
            events.append(
                EventDraft(
                    "Normal",
                    EventReason.CONTINUED,
                    "the budget was raised, or retraining asked for; the search goes on",
                )
            )
    before, after = find(old.conditions, ConditionType.PROGRESSING), find(new.conditions, ConditionType.PROGRESSING)
    if after and after.reason in BLOCKED and (before is None or before.reason != after.reason):
        events.append(EventDraft("Warning", after.reason, after.message))
    return events
