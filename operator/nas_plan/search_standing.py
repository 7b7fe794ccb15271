"""The standing of a search: whether it goes on, is held up, suspended or over, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from nas_core.api.base import parse_duration
from nas_core.api.gradient import gradient_of
from nas_core.api.search_status import Activity
from nas_core.reasons import COMMON_CAUSES, Effect, SearchReason, StorageReason
from nas_core.records.conditions import find
from nas_core.records.trial import TrialView
from nas_core.states import ConditionType, State, Work
from nas_plan.against_baseline import within_noise
from nas_plan.judgement import Judgement
from nas_plan.look import Look
from nas_plan.targets import all_limits, most_tried
from nas_plan.wording import counted
from nas_search.ranking import reaches_targets

CAUSE_LIMIT = 1200
"""Characters of a trial's message in that of its search; what to do comes after it."""
NEW_SEARCH = "What results depend on (task, searchSpace, evaluation, …) cannot change: for that, make a new search"
BEFORE = (Work.PREPARE, Work.SCORE, Work.SUPERNET)
"""What is done before the search."""
REFUSED_PER_TRIAL = 20
LEAST_REFUSED = 100


@dataclass(frozen=True)
class Standing:
    """The standing of a search. Its consequences follow from the reason."""

    reason: SearchReason | StorageReason
    message: str

    @property
    def go(self) -> bool:
        """Whether trials may be started."""
        return self.reason.effect in (Effect.RUNS, Effect.WAITS, Effect.BLOCKED)

    @property
    def waits(self) -> bool:
        """Whether its trials wait for their turn, while no budget of time runs."""
        return self.reason.effect is Effect.WAITS

    @property
    def suspended(self) -> bool:
        """Whether its trials are held until `spec.suspend` is removed."""
        return self.reason.effect is Effect.SUSPENDED

    @property
    def complete(self) -> bool:
        """Whether it has ended with all that was asked for."""
        return self.reason.effect is Effect.COMPLETE

    @property
    def succeeded(self) -> bool:
        """Whether it has ended with a result."""
        return self.reason.effect in (Effect.COMPLETE, Effect.CUT_SHORT)

    @property
    def failed(self) -> bool:
        """Whether it has ended without one."""
        return self.reason.effect is Effect.FAILED

    @property
    def over(self) -> bool:
        """Whether it has ended (until its budget is raised)."""
        return self.succeeded or self.failed

    @property
    def stop_running(self) -> bool:
        """Whether running trials have to stop."""
        return self.suspended or self.over


def stand(look: Look) -> Standing:
    """Return how a search stands before anything new is decided for it."""
    # Retrainings of an earlier end, before the budget was raised, neither block what goes on now nor keep it waiting.
    own = [j for work in (*BEFORE, Work.TRAIN) for j in look.active if j.trial.spec.work == work]
    ended = _settled(look) or _ending(look)
    return ended or _misguided(look) or standstill(look, own) or Standing(SearchReason.RUNNING, _progress(look))


def _settled(look: Look) -> Standing | None:
    """Return how a search has ended before its trials were deleted."""
    ended = find(look.search.status.conditions, ConditionType.SUCCEEDED)
    if ended is None or not look.settled:
        return None
    reason = next(reason for reason in SearchReason if reason == ended.reason)
    return Standing(reason, ended.message)


def _misguided(look: Look) -> Standing | None:
    """Return that nothing new can be tried, as what people tell the strategy cannot be kept."""
    fault = None if look.spec.suspend else look.guidance_fault
    return Standing(SearchReason.GUIDANCE_IMPOSSIBLE, fault) if fault else None


def _ending(look: Look) -> Standing | None:
    """Return how a search has ended, None if it goes on."""
    spec, budget = look.spec, look.spec.budget
    # The order counts: a search that has what it is for is well, however many trials have failed on the way.
    if any(o.target is not None for o in spec.objectives) and (why := _reached(look)):
        return end(look, SearchReason.TARGET_REACHED, why)
    if why := _common_cause(look):
        return Standing(
            SearchReason.EVERY_TRIAL_FAILS,
            f"every trial would fail: {why}. If data, image or cluster are at fault, correct that and add the "
            f"indices of the trials that failed to spec.retry ({_counted(look)[0].spec.index} and others; nasctl retry "
            f"{look.search.meta.name} does it), and the search goes on. {NEW_SEARCH}",
        )
    if (failures := _failures(look)) > budget.max_failed_trials:
        failed = [trial for trial in _counted(look) if trial.failures]
        last = max(failed, key=lambda trial: trial.status.sequence or 0, default=None)
        why = f"; the last, {last.meta.name}: {_short(last.failures[-1])}" if last else ""
        return Standing(
            SearchReason.MAX_FAILED_TRIALS_EXCEEDED,
            f"{_trials(failures)} failed, budget.maxFailedTrials is {budget.max_failed_trials}{why}. Correct the cause "
            f"and raise budget.maxFailedTrials to go on. {NEW_SEARCH}",
        )
    refusals = refused_candidates(look)
    if look.all_recorded and not look.climbing:
        if refusals >= most_refused(most_tried(spec)):
            why = (
                f"{refusals} candidates broke constraints before they were trained, {_trained(look)} did not; loosen "
                "constraints, or make a new search of a space that keeps them"
            )
            return end(look, SearchReason.CONSTRAINTS_TOO_TIGHT, why)
        if not left_to_try(look):
            return end(look, SearchReason.BUDGET_SPENT, _ended(look, tried(look)))
    # The clock comes last: a search that has just finished its work has not been cut short.
    active = elapsed(look.search.status.activity, look.snapshot.now)
    if budget.max_duration and active >= parse_duration(budget.max_duration):
        return end(look, SearchReason.MAX_DURATION_REACHED, f"budget.maxDuration {budget.max_duration} is over")
    return None


def end(look: Look, reason: SearchReason, why: str) -> Standing:
    """Return how a search has ended: for the reason, or without any result."""
    if _trained(look) > _failures(look):
        first, results = look.spec.objectives[0], look.observed
        values = [seen.metrics[first.metric] for seen in results if seen.metrics and first.metric in seen.metrics]
        simple = within_noise(first, values, look.dataset.baseline) if look.dataset else None
        return Standing(reason, f"{why}; {simple}" if simple else why)
    causes = (why for t in look.recorded for index, why in t.failed.items() if index not in look.retried)
    [(cause, count)] = Counter(causes).most_common(1) or [("", 0)]
    if not count:
        return Standing(SearchReason.NO_TRIAL_SUCCEEDED, f"{why}, none with a result")
    return Standing(
        SearchReason.NO_TRIAL_SUCCEEDED,
        f"{why}, none with a result; {count} of {_failures(look)} failed with {_short(cause)}. Correct the cause and "
        f"raise budget.maxTrials to go on. {NEW_SEARCH}",
    )


def _common_cause(look: Look) -> str | None:
    """Return why whatever candidate fails, None if that is not so: the first two trials have to agree."""
    recorded = _counted(look)
    if len(recorded) < 2 or any(len(t.failures) < t.size for t in recorded):
        return None
    causes = {failure for trial in recorded for failure in trial.failures}
    # They begin with the reason.
    common = len(causes) == 1 and next(iter(causes)).partition(":")[0] in COMMON_CAUSES
    return _short(causes.pop()) if common else None


def _short(cause: str) -> str:
    return cause[:CAUSE_LIMIT].rstrip(". ")


def standstill(look: Look, judged: Sequence[Judgement]) -> Standing | None:
    """Return what keeps trials from running: a suspension, the storage, the cluster. None if nothing does."""
    if look.spec.suspend:
        return _suspended(judged)
    if refusal := look.snapshot.refusal:
        return Standing(SearchReason.REFUSED_BY_POLICY, refusal)
    if fault := look.snapshot.storage_fault:
        message = f"no trial is started until the storage works: {fault.message}"
        return Standing(fault.reason, message)
    # One trial that runs shows that the cluster takes trials; the others wait for their turn.
    if any(j.state == State.RUNNING for j in judged):
        return None
    waiting = [j for j in judged if j.state in (State.PENDING, State.STOPPING)]
    # A queue that holds trials does what it is for; what keeps others from running is for somebody to look at.
    blocked = [j for j in waiting if j.reason and not j.queued]
    if blocked:
        return Standing(
            SearchReason.TRIALS_BLOCKED,
            f"{_trials(len(blocked))} {_verb(len(blocked), 'waits', 'wait')}: {blocked[0].message}",
        )
    if waiting and all(j.queued for j in waiting):
        queues = ", ".join(sorted({j.job.queue for j in waiting if j.job and j.job.queue}))
        where = f"{_verb(len(waiting), 'waits', 'wait')} in the queue {queues}"
        return Standing(SearchReason.QUEUED, f"{_trials(len(waiting))} {where}; {_progress(look)}")
    return None


def held_up_by_limits(look: Look, standing: Standing, count: int, starts: bool) -> Standing:
    """Return how a search stands of which ``count`` trials wait for others of its namespace.

    While some of it runs, or ``starts`` now, that is only a part of its message.
    """
    room = look.snapshot.room
    assert room is not None, "nothing waits where no policy bounds it"
    if standing.reason.effect not in (Effect.RUNS, Effect.WAITS):
        return standing
    wait = f"{_trials(count)} {_verb(count, 'waits', 'wait')}: {room.why}"
    if starts or look.active:
        return replace(standing, message=f"{standing.message}; {wait}")
    return Standing(SearchReason.LIMIT_REACHED, wait)


def _suspended(judged: Sequence[Judgement]) -> Standing:
    if active := sum(j.active for j in judged):
        stuck = next((f": {j.message}" for j in judged if j.state == State.STOPPING and j.reason), "")
        return Standing(
            SearchReason.SUSPENDING,
            f"{_trials(active)} {_verb(active, 'is writing its checkpoint', 'are writing their checkpoints')}{stuck}",
        )
    return Standing(SearchReason.SUSPENDED, "spec.suspend is true; remove it to go on")


def refused_candidates(look: Look) -> int:
    """Return how many candidates broke a constraint before they were trained."""
    return look.refusals + look.deleted.refused


def most_refused(max_trials: int) -> int:
    """Return how many refused candidates end a search: they cost no trial, so something else has to."""
    return max(LEAST_REFUSED, REFUSED_PER_TRIAL * max_trials)


def elapsed(activity: Activity | None, now: datetime) -> timedelta:
    """Return how long a search has been active."""
    if activity is None:
        return timedelta(0)
    return timedelta(seconds=activity.seconds) + (_passed(activity.since, now) if activity.since else timedelta(0))


def _passed(since: datetime, now: datetime) -> timedelta:
    """Return the time since then; none if a clock was set back."""
    return max(timedelta(0), now - since)


def _counted(look: Look) -> list[TrialView]:
    """Return the trials with results, without those whose failures are all tried again."""
    if not look.retried:
        return list(look.recorded)
    return [trial for trial in look.recorded if not trial.failed or not look.retried.issuperset(trial.failed)]


def _failures(look: Look) -> int:
    return look.failures + look.deleted.failed - _tried_again(look, look.recorded)


def _tried_again(look: Look, trials: Iterable[TrialView]) -> int:
    """Return how many failures of some trials are tried again."""
    # None are of most searches, and most trials have none.
    return sum(index in look.retried for trial in trials for index in trial.failed) if look.retried else 0


def tried(look: Look) -> int:
    """Return how many candidates have begun, without those that were refused or are tried again: these cost nothing."""
    return look.first_index - refused_candidates(look) - len(look.retried)


def left_to_try(look: Look) -> int:
    """Return how many candidates may still be tried."""
    spec = look.spec
    # They cost nothing up to a bound.
    if refused_candidates(look) >= most_refused(most_tried(spec)):
        return 0
    return max(0, most_tried(spec) - (tried(look) - _beside(look)))


def _beside(look: Look) -> int:
    """Return how many of them were for none of the search's targets, as these were added, or others removed, since."""
    if not look.spec.targets:
        return 0
    targets = {target.name for target in look.spec.targets}
    return sum(
        one.candidate.target not in targets
        for trial in look.trials
        for one in trial.pending
        if one.index not in look.retried and one.index not in trial.refused_indices
    )


def _reached(look: Look) -> str | None:
    """Say that the values that are good enough have been reached within the limits, of several targets within all."""
    objectives, results = look.spec.objectives, look.observed
    found = []
    for limits in all_limits(look.spec):
        good = next((one for one in results if reaches_targets(one, objectives, limits)), None)
        if good is None:
            return None
        found.append(good)
    if look.spec.targets:
        return f"the targets of the objectives have been reached within the limits of all {len(found)} targets"
    values = ", ".join(f"{o.metric} {(found[0].metrics or {})[o.metric]:.6g}" for o in objectives)
    return f"trial {found[0].index} has reached the targets: {values}"


def _trained(look: Look) -> int:
    """Return how many candidates were neither refused nor are tried again.

    A candidate of several rungs counts once for each of them.
    """
    deleted = look.deleted.candidates - look.deleted.unended
    size = sum(trial.size for trial in look.recorded) + deleted
    return size - refused_candidates(look) - _tried_again(look, look.recorded)


def _progress(look: Look) -> str:
    first = [trial for trial in look.recorded if not trial.spec.continues]
    # Whose trial was deleted has ended, whatever it had come to.
    sizes = sum(trial.size for trial in first) + look.deleted.candidates
    ended = sizes - refused_candidates(look) - _tried_again(look, first)
    begun = tried(look)
    planned = begun + left_to_try(look)
    if gradient_of(look.spec.strategy):
        # Nothing but what was derived is tried, whatever is left of the budget.
        planned = min(planned, len({one.candidate.id for one in look.derived}))
    if ended >= planned:
        return _ended(look, ended)
    return f"{ended} of {_trials(planned)} {_verb(planned, 'has', 'have')} ended{_lowered(look, begun)}"


def _ended(look: Look, ended: int) -> str:
    return ("the only trial has ended" if ended == 1 else f"all {ended} trials have ended") + _lowered(look, ended)


def _lowered(look: Look, tried: int) -> str:
    """Say that the budget is for fewer than there are: somebody has lowered it."""
    return f"; budget.maxTrials is {look.spec.budget.max_trials}" if tried > most_tried(look.spec) else ""


def _trials(count: int) -> str:
    return counted(count, "trial")


def _verb(count: int, one: str, several: str) -> str:
    return one if count == 1 else several
