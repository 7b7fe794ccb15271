"""The plan of one search: from a snapshot to actions. Start reading the operator here.

judge every trial -> end some early -> record endings -> walk through the phases -> stop, or start and make -> status

The phases (`nas_plan.phases`): prepare the data, if they are the user's own and there is a storage; keep results of
earlier searches, if it names any; score, if the search asks for scores; train a supernet, if it asks for one; search;
retrain the best, if it asks for that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from nas_core.api.search import NASSearchSpec
from nas_core.api.search_status import NASSearchStatus
from nas_core.reasons import SearchReason
from nas_core.records.job import JobView
from nas_core.records.names import STORAGE_FINALIZER, template_hash
from nas_core.records.search import ReadableSearch, UnreadableSearch
from nas_core.records.trial import TrialView
from nas_core.states import AttemptOutcome, ConditionType, State
from nas_plan import trial_status
from nas_plan.actions import Actions, RecordTrial, Stored
from nas_plan.asked_stops import stop_asked
from nas_plan.early_stopping import stop_early
from nas_plan.events import bounded, search_events, trial_event, warning_events
from nas_plan.judgement import Judgement
from nas_plan.look import Look
from nas_plan.phases import earlier, prepare, retrain, score, search, supernet
from nas_plan.phases.phase import Phase, Step
from nas_plan.retention import in_progress, let_go
from nas_plan.search_standing import Standing, end, held_up_by_limits, left_to_try, stand
from nas_plan.search_status import compose, reject
from nas_plan.snapshot import Snapshot
from nas_plan.trial_ledger import beyond_history, next_segment
from nas_plan.trial_state import judge

COLLECT_RETRY_S = 1.0
SOON_S = 0.05
"""Seconds at least between two looks that nothing has woken."""
REREAD_S = 60.0
"""Seconds after which it is looked again for imported results that were not there."""
OBSERVED_AT_ONCE = 32
"""Trials whose live status one look writes at most: with hundreds running, endings and starts must not wait for it."""


PHASES: tuple[Phase, ...] = (prepare, earlier, score, supernet, search, retrain)
"""In their order: the next one begins when one has nothing to do, or when the search is complete."""


def plan(snapshot: Snapshot, refresh_interval_s: float) -> Actions:
    """Decide what to do for a search now."""
    before = snapshot.search.status
    if isinstance(snapshot.search, UnreadableSearch):
        status = reject(snapshot.search, snapshot.now)
        # Nothing wakes a search when an object appears in its bucket.
        again = REREAD_S if snapshot.search.reason == SearchReason.EARLIER_RESULTS_NOT_FOUND else None
        return Actions(status=status, urgent=True, events=search_events(before, status), requeue_after=again)
    snapshot, outdated = _without_outdated(snapshot)
    assert isinstance(snapshot.search, ReadableSearch)
    spec = snapshot.search.spec
    template = template_hash(spec)
    judged = [judge(trial, snapshot, spec.trial_template.max_attempts, template) for trial in snapshot.trials]
    # Before the endings are recorded: a trial that is stopped early has ended, and gets its number with the others.
    judged = stop_early(snapshot, spec, stop_asked(snapshot, spec, judged))
    # Endings first: all that is decided below has to see them, and they are written before it.
    records, judged = _record_endings(judged, spec, snapshot.now)
    look = Look.of(snapshot, snapshot.search, judged)
    step = _within_gpu_hours(look, _walk(look))
    start_jobs = look.due(step.leaving | step.held) if step.standing.go else ()
    starts = len(start_jobs) + len(step.trials)
    limit_s = look.gpu_hours.limit_s(starts) if look.gpu_hours else None
    held_back = _held_back(look, step, starts)
    if held_back:
        step = replace(step, standing=held_up_by_limits(look, step.standing, held_back, starts > 0))
    standing = step.standing
    over = _over(look, step)
    # A stop is on record before its Job is deleted, so a restart in between does not forget the attempt.
    records += _record_stops(look, over, standing)

    status = compose(look, standing, step.trials)
    observations = _record_checkpoints(snapshot)
    changed = {r.trial.meta.name for r in (*records, *observations)}
    # One write of a status a look: what has just been recorded has no checkpoint to let go yet.
    observations += [r for r in let_go(look, status) if r.trial.meta.name not in changed]
    # Of trials that are being stopped, the stop itself is on record: two writes of one status would meet.
    if not standing.stop_running:
        observations += _observe(look, refresh_interval_s)
    ended = {r.trial.meta.name: r for r in records}
    # Storage that does not work is left alone.
    segment = None if snapshot.storage_fault else next_segment(look, standing)
    just_ended = [j for j in look.judged if j.trial.meta.name in ended] if ended else ()
    failures = [event for j in just_ended if (event := trial_event(j, ended[j.trial.meta.name]))]
    warnings = warning_events(snapshot.trials, records)
    return Actions(
        finalizer=_finalizer(look.search),
        records=tuple(records),
        delete_trials=(*outdated, *beyond_history(look)),
        stop_jobs=_to_stop(look, over),
        start_jobs=tuple(replace(start, limit_s=limit_s) for start in start_jobs),
        limit_s=limit_s,
        create_trials=step.trials,
        stored=Stored(look.dataset.address if look.dataset else None, look.supernet.address if look.supernet else None),
        observations=tuple(observations),
        segment=segment,
        status=status,
        ends=status.completion_time is not None and before.completion_time is None,
        urgent=bool(failures) or _news(status) != _news(before),
        events=bounded([*failures, *warnings], search_events(before, status)),
        held_back=held_back,
        # The look that has a segment put does not wait for it: the next one does.
        requeue_after=SOON_S if segment else _requeue(look, standing, refresh_interval_s),
    )


def _walk(look: Look) -> Step:
    """Go through the phases up to the one that the search is in."""
    step = Step(stand(look))
    for phase in PHASES:
        following = phase.step(look, step.standing)
        if following is not None:
            step = following
            # Only a complete search goes on to the phase that follows; with any other standing it stays in this one.
            if not step.standing.complete:
                break
    return step


def _within_gpu_hours(look: Look, step: Step) -> Step:
    """End a search that would go on, but for which too little of budget.maxGPUHours is left."""
    budget = look.gpu_hours if step.standing.go else None
    if budget is None or any(j.state in (State.COLLECTING, State.ENDED) for j in look.judged):
        return step
    if why := budget.over:
        return Step(end(look, SearchReason.GPU_BUDGET_SPENT, why))
    if budget.starts or look.fills_its_slots or not left_to_try(look):
        return step
    message = f"{step.standing.message}; what is left of budget.maxGPUHours is set aside for what runs"
    return replace(step, standing=replace(step.standing, message=message))


def _held_back(look: Look, step: Step, starts: int) -> int:
    """Return how many trials and attempts would be started as well if policies left room for more than ``starts``."""
    room = look.snapshot.room
    # What it leaves unused is for others: a trial that waits for its next attempt will ask for its slot again.
    if room is None or starts < room.free or not step.standing.go:
        return 0
    return step.held_back + look.held_back(step.leaving | step.held)


def _without_outdated(snapshot: Snapshot) -> tuple[Snapshot, tuple[TrialView, ...]]:
    """Take out the trials of a search that has not begun (nothing went as far as a candidate) and was corrected."""
    search = snapshot.search
    if search.begun or search.asked is None:
        return snapshot, ()
    outdated = tuple(trial for trial in snapshot.trials if trial.asked not in (None, search.asked))
    gone = {trial.meta.name for trial in outdated}
    return replace(snapshot, trials=tuple(t for t in snapshot.trials if t.meta.name not in gone)), outdated


def _over(look: Look, step: Step) -> set[str]:
    """Return the names of the trials that nothing is to run of any more."""
    if not (step.standing.stop_running or step.leaving):
        return set()
    return {j.trial.meta.name for j in look.judged if step.standing.stop_running or j.trial.spec.work in step.leaving}


def _record_stops(look: Look, over: set[str], standing: Standing) -> list[RecordTrial]:
    """Record of the trials that are stopped while they wait or run why they are."""
    outcome = AttemptOutcome.SUSPENDED if standing.suspended else AttemptOutcome.STOPPED
    return [
        RecordTrial(j.trial, trial_status.record_stop(j, outcome, look.snapshot.now))
        for j in look.judged
        if j.trial.meta.name in over and j.state in (State.PENDING, State.RUNNING)
    ]


def _to_stop(look: Look, over: set[str]) -> tuple[JobView, ...]:
    """Return the Jobs that have to go."""
    # A Job whose end is on record has to go, even if the search has been resumed since that was written.
    return tuple(
        j.job
        for j in look.judged
        if j.job
        and not j.job.meta.deleting
        and (j.leaving or j.state == State.STOPPING or (j.trial.meta.name in over and j.active))
    )


def _record_checkpoints(snapshot: Snapshot) -> list[RecordTrial]:
    """Record where the weights are of trials that were stopped early and have ended since."""
    if not snapshot.checkpoints:
        return []
    return [
        RecordTrial(trial, trial_status.record_checkpoint(trial, snapshot.checkpoints[trial.meta.name], snapshot.now))
        for trial in snapshot.trials
        if trial.meta.name in snapshot.checkpoints
    ]


def _record_endings(
    judged: Sequence[Judgement], spec: NASSearchSpec, now: datetime
) -> tuple[list[RecordTrial], list[Judgement]]:
    """Give each ending its place in the history, and go on as if it were written (it will be, before anything else)."""
    ending = sorted((j for j in judged if j.state in (State.ENDED, State.CRASHED)), key=_ending_order)
    if not ending:
        return [], list(judged)
    # A number that a decision has seen is never given out again, even if somebody deleted the trial that had it.
    taken = max((max(_last_sequence(j.trial), j.trial.spec.basis) for j in judged), default=0)
    after = {j.trial.meta.name: j for j in judged}
    records = []
    # By the time of the end, so that one snapshot gives one numbering, in whatever order the Jobs were listed.
    for judgement in ending:
        if judgement.state == State.CRASHED:
            status = trial_status.record_crash(judgement, now)
        else:
            # In ordered mode the place is the index, whatever finished first.
            by_index = spec.strategy.ordered or not judgement.trial.compared
            sequence = (judgement.trial.spec.index if by_index else taken) + 1
            # Each candidate of a trial has a number of its own; `sequence` is that of the first.
            taken += judgement.trial.size if judgement.trial.compared else 0
            status = trial_status.record_end(judgement, sequence, spec, now)
        records.append(RecordTrial(judgement.trial, status))
        updated = replace(judgement.trial, status=status)
        after[updated.meta.name] = replace(judgement, trial=updated, state=_recorded_state(updated, judgement))
    return records, [after[j.trial.meta.name] for j in judged]


def _last_sequence(trial: TrialView) -> int:
    if trial.status.sequence is None or not trial.compared:
        return 0
    return trial.status.sequence + trial.size - 1


def _ending_order(judgement: Judgement) -> tuple[datetime, int]:
    if judgement.job is None:  # known beforehand: it came first, with nothing but its place to go by
        return datetime.min.replace(tzinfo=UTC), judgement.trial.spec.index
    return judgement.job.end_time or judgement.job.created, judgement.trial.spec.index


def _recorded_state(trial: TrialView, judgement: Judgement) -> State:
    if not trial.recorded:
        return judgement.state
    return State.SUCCEEDED if trial.succeeded else State.FAILED


def _observe(look: Look, refresh_interval_s: float) -> list[RecordTrial]:
    """The status of trials that wait or run, on the looks that are for it: between them it would only cost requests.

    Trials that are over within the interval are not worth a write, and of many those written longest ago come first;
    what holds a trial up is always told, since the next looks go by what is written.
    """
    if look.snapshot.latest_metrics is None:
        return []
    shown = [j for j in look.unrecorded if j.state in (State.PENDING, State.RUNNING, State.STOPPING, State.COLLECTING)]
    since = look.snapshot.now - timedelta(seconds=refresh_interval_s)
    held_up = [j for j in shown if j.reason]
    steady = [j for j in shown if not j.reason and j.job and j.job.created <= since]
    # A resource version is etcd's revision at the last write: the least belongs to what was written longest ago.
    steady.sort(key=lambda j: j.trial.meta.resource_version)
    return [*_live(held_up, look), *_live(steady, look)[:OBSERVED_AT_ONCE]]


def _live(judged: Sequence[Judgement], look: Look) -> list[RecordTrial]:
    """Return the live statuses that differ from what is written."""
    latest, objectives, now = look.snapshot.latest_metrics or {}, look.spec.objectives, look.snapshot.now
    live = [
        RecordTrial(j.trial, trial_status.record_live(j, latest.get(j.trial.meta.name), objectives, now))
        for j in judged
    ]
    return [change for change in live if change.status != change.trial.status]


def _news(status: NASSearchStatus) -> object:
    """What of a status may not wait for its turn: all but the counts, which messages hold too."""
    counted = (
        ConditionType.PROGRESSING,
        ConditionType.DATA_READY,
        ConditionType.READY,
        ConditionType.RECONCILING,
        ConditionType.STALLED,
    )
    conditions = [c.model_copy(update={"message": ""}) if c.type in counted else c for c in status.conditions]
    # An object goes only once the status names the ledger that has its trial.
    return conditions, status.best, [target.best for target in status.targets], status.ledger


def _finalizer(search: ReadableSearch) -> Literal["add", "remove"] | None:
    has = STORAGE_FINALIZER in search.finalizers
    # A finalizer holds a deletion up until the operator acts, so only a search that has objects to delete gets one.
    wants = search.storage is not None and search.storage.deletion_policy == "Delete"
    if wants == has:
        return None
    return "add" if wants else "remove"


def _requeue(look: Look, standing: Standing, refresh_interval_s: float) -> float | None:
    now = look.snapshot.now
    delays = [(j.not_before - now).total_seconds() for j in look.unrecorded if j.not_before and j.not_before > now]
    if any(j.state in (State.COLLECTING, State.CRASHED) for j in look.unrecorded):
        # A grace that runs out and a backoff that begins are no events that would wake the search.
        delays.append(COLLECT_RETRY_S)
    # While trials stop, only time tells that a node with one of their pods is lost.
    if not standing.stop_running or look.active or in_progress(look.snapshot.trials):
        delays.append(refresh_interval_s)
    # At least a moment: a time that has nearly come must not start one look after the other.
    return max(SOON_S, min(delays)) if delays else None
