"""The plan of one search: from a snapshot to actions. Start reading the operator here.

judge every trial -> end some early -> record endings -> may it go on? -> stop, or start and ask for more -> status
(before the first trial is trained: score, if the search asks for scores)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from nas_core.api.search import NASSearchSpec, NASSearchStatus
from nas_core.api.trial import NASTrialSpec
from nas_core.records.names import STORAGE_FINALIZER
from nas_core.records.objects import JobView, TrialView
from nas_plan import trial_status as record
from nas_plan.actions import Actions, RecordTrial, StartJob
from nas_plan.ask import ask, promote
from nas_plan.early_stopping import with_stops
from nas_plan.events import bounded, search_events, trial_event, warning_events
from nas_plan.phases.retrain import after_search
from nas_plan.phases.score import scores, to_score
from nas_plan.search_standing import Outcome, decide_outcome, most_refused, scoring_outcome, unscorable
from nas_plan.search_status import compose, invalid
from nas_plan.snapshot import Snapshot
from nas_plan.trial_state import Judgement, State, judge

COLLECT_RETRY_S = 1.0
OBSERVED_AT_ONCE = 32
"""Trials whose live status one look writes at most: with hundreds running, endings and starts must not wait for it."""


@dataclass(frozen=True)
class Step:
    """How a search goes on: its standing, and what is begun for it."""

    outcome: Outcome
    starts: tuple[StartJob, ...] = ()
    """Attempts of trials that exist."""
    candidates: tuple[NASTrialSpec, ...] = ()
    """New trials of the search itself."""
    others: tuple[NASTrialSpec, ...] = ()
    """New trials that score or retrain."""
    searched: bool = False
    """Whether nothing more is trained to be compared: what still runs of it has to stop."""


def plan(snapshot: Snapshot, refresh_interval_s: float) -> Actions:
    """Decide what to do for a search now."""
    search, spec = snapshot.search, snapshot.search.spec
    if spec is None:
        status = invalid(snapshot)
        return Actions(status=status, urgent=True, events=search_events(search.status, status))
    judged = [judge(trial, snapshot, spec.trial_template.max_attempts) for trial in snapshot.trials]
    judged = with_stops(snapshot, spec, judged)
    records, judged = _record_endings(judged, spec, snapshot.now)
    searching = [j for j in judged if j.trial.spec.work == "Train"]
    first_index = max(search.status.trials.total, max((j.trial.next_index for j in searching), default=0))
    step = _next_step(snapshot, spec, judged, searching, first_index)
    outcome = step.outcome
    done = _done(judged, step)
    records += _record_stops(judged, done, outcome, snapshot.now)

    new = sum(len(trial.candidates) for trial in step.candidates if not trial.continues)
    status = compose(snapshot, judged, outcome, first_index, new)
    observations = _tell_checkpoints(snapshot)
    if not outcome.stop_running:
        observations += _observe(snapshot, judged, refresh_interval_s)
    ended = {r.trial.meta.name: r for r in records}
    failures = [event for j in judged if (event := trial_event(j, ended.get(j.trial.meta.name)))]
    warnings = warning_events(snapshot.trials, records)
    return Actions(
        finalizer=_finalizer(snapshot),
        records=tuple(records),
        stop_jobs=_to_stop(judged, done),
        start_jobs=step.starts,
        create_trials=(*step.candidates, *step.others),
        observations=tuple(observations),
        status=status,
        urgent=bool(failures) or _news(status) != _news(search.status),
        events=bounded([*failures, *warnings], search_events(search.status, status)),
        requeue_after=_requeue(snapshot, judged, outcome, refresh_interval_s),
    )


def _next_step(
    snapshot: Snapshot,
    spec: NASSearchSpec,
    judged: Sequence[Judgement],
    searching: Sequence[Judgement],
    first_index: int,
) -> Step:
    """Score, if scores are asked for and not all in; else search; and when that has succeeded, retrain."""
    scoring = [j for j in judged if j.trial.spec.work == "Score"]
    climbing = _climbing(spec, searching, first_index)
    outcome = decide_outcome(snapshot, [*scoring, *searching], first_index, climbing=climbing)
    unscored = [] if first_index or outcome.over else to_score(spec, [j.trial for j in scoring])
    if unscored or not all(j.trial.recorded for j in scoring):
        step = _score(snapshot, spec, judged, outcome, unscored)
    elif scoring and not first_index and not scores(j.trial for j in scoring):
        step = Step(unscorable(scoring) if outcome.go else outcome)
    else:
        starts, created = _starts(snapshot, spec, judged, first_index) if outcome.go else ((), [])
        if not outcome.over and not created and _exhausted(spec, judged, first_index):
            outcome = decide_outcome(snapshot, [*scoring, *searching], first_index, True, climbing)
        step = Step(outcome, starts, tuple(created))
    step = replace(step, searched=step.outcome.over)
    return _retrain(snapshot, spec, judged, step) if step.outcome.succeeded else step


def _score(
    snapshot: Snapshot, spec: NASSearchSpec, judged: Sequence[Judgement], outcome: Outcome, unscored: list[NASTrialSpec]
) -> Step:
    """Go on with scoring, if the search may go on."""
    if not outcome.go:
        return Step(outcome)
    starts, slots = _restarts(snapshot, spec, judged)
    scoring = [j for j in judged if j.trial.spec.work == "Score"]
    return Step(scoring_outcome(outcome, spec, scoring), starts, others=tuple(unscored[: max(0, slots)]))


def _retrain(snapshot: Snapshot, spec: NASSearchSpec, judged: Sequence[Judgement], step: Step) -> Step:
    """Go on after a search that has succeeded."""
    outcome, missing = after_search(snapshot, judged, step.outcome)
    if not outcome.go:
        return replace(step, outcome=outcome)
    # What a search that reached its targets leaves undone is not gone on with; it holds its slot until it ends.
    left = [j for j in judged if j.active or j.trial.spec.work == "Retrain"]
    starts, slots = _restarts(snapshot, spec, left)
    return replace(step, outcome=outcome, starts=starts, others=tuple(missing[: max(0, slots)]))


def _done(judged: Sequence[Judgement], step: Step) -> set[str]:
    """Return the names of the trials that nothing is to run of any more."""
    return {
        j.trial.meta.name
        for j in judged
        if step.outcome.stop_running or (step.searched and j.trial.spec.work != "Retrain")
    }


def _record_stops(judged: Sequence[Judgement], done: set[str], outcome: Outcome, now: datetime) -> list[RecordTrial]:
    """Say of the trials that are stopped while they wait or run why they are."""
    reason = "Suspended" if outcome.suspended else "Stopped"
    return [
        RecordTrial(j.trial, record.stopped(j, reason, now))
        for j in judged
        if j.trial.meta.name in done and j.state in (State.PENDING, State.RUNNING)
    ]


def _to_stop(judged: Sequence[Judgement], done: set[str]) -> tuple[JobView, ...]:
    """Return the Jobs that have to go."""
    # A Job whose end is on record has to go, even if the search has been resumed since that was written.
    return tuple(
        j.job
        for j in judged
        if j.job
        and not j.job.meta.deleting
        and (j.leaving or j.state == State.STOPPING or (j.trial.meta.name in done and j.active))
    )


def _tell_checkpoints(snapshot: Snapshot) -> list[RecordTrial]:
    """Say where the weights are of trials that were stopped early and have ended since."""
    return [
        RecordTrial(trial, record.checkpointed(trial, snapshot.checkpoints[trial.meta.name], snapshot.now))
        for trial in snapshot.trials
        if trial.meta.name in snapshot.checkpoints
    ]


def _record_endings(
    judged: Sequence[Judgement], spec: NASSearchSpec, now: datetime
) -> tuple[list[RecordTrial], list[Judgement]]:
    """Give each ending its place in the history, and go on as if it were written (it will be, before anything else)."""
    # A number that a decision has seen is never given out again, even if somebody deleted the trial that had it.
    taken = max((max(_last_sequence(j.trial), j.trial.spec.basis) for j in judged), default=0)
    after = {j.trial.meta.name: j for j in judged}
    records = []
    for judgement in sorted((j for j in judged if j.state in (State.ENDED, State.CRASHED)), key=_ending_order):
        if judgement.state == State.CRASHED:
            status = record.crashed(judgement, now)
        else:
            # In ordered mode the place is the index, whatever finished first; scores have no place among results.
            scored = judgement.trial.spec.work == "Score"
            sequence = (judgement.trial.spec.index if scored or spec.strategy.ordered else taken) + 1
            taken += 0 if scored else judgement.trial.size
            status = record.ended(judgement, sequence, spec, now)
        records.append(RecordTrial(judgement.trial, status))
        updated = replace(judgement.trial, status=status)
        after[updated.meta.name] = replace(judgement, trial=updated, state=_recorded_state(updated, judgement))
    return records, [after[j.trial.meta.name] for j in judged]


def _last_sequence(trial: TrialView) -> int:
    if trial.status.sequence is None or trial.spec.work == "Score":
        return 0
    return trial.status.sequence + trial.size - 1


def _ending_order(judgement: Judgement) -> tuple[datetime, int]:
    assert judgement.job is not None, "only a Job ends"
    return judgement.job.end_time or judgement.job.created, judgement.trial.spec.index


def _recorded_state(trial: TrialView, judgement: Judgement) -> State:
    if not trial.recorded:
        return judgement.state
    return State.SUCCEEDED if trial.succeeded else State.FAILED


def _starts(
    snapshot: Snapshot, spec: NASSearchSpec, judged: Sequence[Judgement], first_index: int
) -> tuple[tuple[StartJob, ...], list[NASTrialSpec]]:
    """Fill the free slots: with trials that wait for an attempt, then higher rungs, then new candidates."""
    starts, free = _restarts(snapshot, spec, judged)
    trials = [j.trial for j in judged if j.trial.spec.work == "Train"]
    left = _left(spec, judged, first_index)
    promoted = promote(spec, trials, first_index, first_index + max(0, left), free)
    wanted = min((free - len(promoted)) * spec.evaluation.candidates_per_trial, left)
    created = ask(spec, trials, first_index, wanted, scores(j.trial for j in judged))
    if wanted > 0 and not created:
        # The space has no more candidates: nobody is waited for any longer.
        promoted = promote(spec, trials, first_index, first_index, free)
    return starts, promoted + created


def _left(spec: NASSearchSpec, judged: Sequence[Judgement], first_index: int) -> int:
    """Return how many candidates may still be tried: those that were refused cost nothing, up to a bound."""
    refusals = sum(j.trial.refusals for j in judged)
    if refusals >= most_refused(spec.budget.max_trials):
        return 0
    return spec.budget.max_trials + refusals - first_index


def _restarts(snapshot: Snapshot, spec: NASSearchSpec, judged: Sequence[Judgement]) -> tuple[tuple[StartJob, ...], int]:
    """Return the attempts that are due, and how many slots are left for new trials."""
    slots = spec.budget.parallel_trials - sum(j.active for j in judged)
    waiting = [j for j in judged if j.state in (State.READY, State.CRASHED)]
    due = [j for j in waiting if j.state == State.READY and (j.not_before is None or j.not_before <= snapshot.now)]
    # A trial that waits for its next attempt keeps its slot, so that retries never pile up behind new trials.
    return tuple(StartJob(j.trial, j.next_attempt) for j in due[: max(0, slots)]), slots - len(waiting)


def _climbing(spec: NASSearchSpec, judged: Sequence[Judgement], first_index: int) -> bool:
    """Whether every result is in, and some of the candidates are to be trained further."""
    if not all(j.trial.recorded for j in judged):
        return False
    return bool(promote(spec, [j.trial for j in judged], first_index, first_index, 1))


def _exhausted(spec: NASSearchSpec, judged: Sequence[Judgement], first_index: int) -> bool:
    """Whether every architecture of the space has been tried and every result is in."""
    searching = [j.trial for j in judged if j.trial.spec.work == "Train"]
    if _left(spec, judged, first_index) <= 0 or not all(trial.recorded for trial in searching):
        return False
    return not ask(spec, searching, first_index, 1, scores(j.trial for j in judged))


def _observe(snapshot: Snapshot, judged: Sequence[Judgement], refresh_interval_s: float) -> tuple[RecordTrial, ...]:
    """The status of trials that wait or run, on the looks that are for it: between them it would only cost requests.

    Trials that are over within the interval are not worth a write, and of many those written longest ago come first;
    what holds a trial up is always told, since the next looks go by what is written.
    """
    if snapshot.curves is None:
        return ()
    shown = (State.PENDING, State.RUNNING, State.STOPPING, State.COLLECTING)
    since = snapshot.now - timedelta(seconds=refresh_interval_s)
    held_up = [j for j in judged if j.state in shown and j.message]
    steady = [j for j in judged if j.state in shown and not j.message and j.job and j.job.created <= since]
    steady.sort(key=lambda j: j.trial.meta.resource_version)
    return (*_live(held_up, snapshot), *_live(steady, snapshot)[:OBSERVED_AT_ONCE])


def _live(judged: Sequence[Judgement], snapshot: Snapshot) -> list[RecordTrial]:
    """The live statuses that differ from what is written."""
    curves = snapshot.curves or {}
    objectives = snapshot.search.spec.objectives if snapshot.search.spec else []
    live = [
        RecordTrial(j.trial, record.live(j, curves.get(j.trial.meta.name), objectives, snapshot.now)) for j in judged
    ]
    return [one for one in live if one.status != one.trial.status]


def _news(status: NASSearchStatus) -> object:
    """What of a status may not wait for its turn: all but the counts, which the message of Progressing holds too."""
    conditions = [c.model_copy(update={"message": ""}) if c.type == "Progressing" else c for c in status.conditions]
    return conditions, status.best


def _finalizer(snapshot: Snapshot) -> Literal["add", "remove"] | None:
    spec, has = snapshot.search.spec, STORAGE_FINALIZER in snapshot.search.finalizers
    wants = bool(spec and spec.storage and spec.storage.deletion_policy == "Delete")
    if wants == has:
        return None
    return "add" if wants else "remove"


def _requeue(
    snapshot: Snapshot, judged: Sequence[Judgement], outcome: Outcome, refresh_interval_s: float
) -> float | None:
    delays = [
        (j.not_before - snapshot.now).total_seconds() for j in judged if j.not_before and j.not_before > snapshot.now
    ]
    if any(j.state in (State.COLLECTING, State.CRASHED) for j in judged):
        delays.append(COLLECT_RETRY_S)
    # While trials stop, only time tells that a node with one of their pods is lost.
    if not outcome.stop_running or any(j.active for j in judged):
        delays.append(refresh_interval_s)
    return max(0.05, min(delays)) if delays else None
