"""The input of a plan: a snapshot with the state of each trial, and the trials grouped by their work."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from typing import Self

from nas_core.api.search import NASSearchSpec
from nas_core.api.search_status import DeletedTrials, Parallel, SupernetStatus
from nas_core.api.trial import DatasetSummary
from nas_core.comparisons import Compared, compare
from nas_core.history import Earlier, Observation
from nas_core.objectives import costs_of
from nas_core.records.conditions import is_true
from nas_core.records.search import ReadableSearch, SearchView
from nas_core.records.trial import TrialView, observed
from nas_core.spaces import get_space
from nas_core.states import ConditionType, State, Work
from nas_plan.actions import StartJob
from nas_plan.ask import promote
from nas_plan.deleted_trials import SPENT, deleted_trials
from nas_plan.earlier import on_record
from nas_plan.guidance import guidance_fault
from nas_plan.judgement import Judgement
from nas_plan.limits.elastic import Started, parallel
from nas_plan.limits.gpu_hours import GpuHours, gpu_hours
from nas_plan.snapshot import Snapshot
from nas_search import Scored
from nas_search.derived import ORIGIN
from nas_search.ranking import Floats, Losses, best, on_highest_rung
from nas_search.strategy import candidate_of

NO_WORK: frozenset[Work] = frozenset()


@dataclass(frozen=True)
class Look:
    """One look at a search. Derived values are cached, because several parts of the plan use them."""

    snapshot: Snapshot
    search: ReadableSearch
    judged: tuple[Judgement, ...]
    first_index: int
    """Candidates of the search so far, refused ones included: the place of the next one."""

    @classmethod
    def of(cls, snapshot: Snapshot, search: ReadableSearch, judged: Iterable[Judgement]) -> Self:
        """Make the look; a place in the search that was once given is never given again, even if its trial is gone."""
        judged = tuple(judged)
        ends = [j.trial.next_index for j in judged if j.trial.spec.work == Work.TRAIN]
        return cls(snapshot, search, judged, max([search.status.trials.total, *ends]))

    @property
    def spec(self) -> NASSearchSpec:
        """What is asked for."""
        return self.search.spec

    @cached_property
    def by_work(self) -> Mapping[Work, tuple[Judgement, ...]]:
        """The trials by what they do, each sorted by index."""
        # Every work has an entry, so that nobody has to ask whether there is one.
        groups: dict[Work, list[Judgement]] = defaultdict(list)
        for judgement in self.judged:
            groups[judgement.trial.spec.work].append(judgement)
        return {work: tuple(groups[work]) for work in Work}

    @cached_property
    def guidance_fault(self) -> str | None:
        """Why the guidance of the search cannot be kept; None if it can, or if there is none."""
        return guidance_fault(self.search, self.supernet)

    @property
    def searching(self) -> tuple[Judgement, ...]:
        """The trials that are compared."""
        return self.by_work[Work.TRAIN]

    @cached_property
    def trials(self) -> tuple[TrialView, ...]:
        """The same without their states, as strategies see them."""
        return tuple(j.trial for j in self.searching)

    @cached_property
    def recorded(self) -> tuple[TrialView, ...]:
        """Those of them that have a result."""
        return tuple(trial for trial in self.trials if trial.recorded)

    @cached_property
    def refusals(self) -> int:
        """Candidates on record that broke a constraint before they were trained."""
        return sum(trial.refusals for trial in self.recorded)

    @cached_property
    def failures(self) -> int:
        """Failed candidates on record, those that are tried again included."""
        return sum(len(trial.failed) for trial in self.recorded)

    @cached_property
    def unrecorded(self) -> tuple[Judgement, ...]:
        """The trials that have no result yet: of a long search the fewest."""
        return tuple(j for j in self.judged if not j.trial.recorded)

    @cached_property
    def active(self) -> tuple[Judgement, ...]:
        """The trials that hold a slot."""
        return tuple(j for j in self.judged if j.active)

    @cached_property
    def observed(self) -> tuple[Observation, ...]:
        """Their results, by index of the trials."""
        return tuple(observed(self.recorded))

    @cached_property
    def comparable(self) -> tuple[Observation, ...]:
        """The results that can be compared with each other: without rungs all, else those of the highest."""
        return tuple(on_highest_rung(self.observed, self.spec.objectives, self.spec.constraints))

    @cached_property
    def compared(self) -> Compared | None:
        """What people's comparisons say of the order of the front; None if there are none."""
        spec = self.spec
        if spec.guidance is None or not spec.guidance.comparisons:
            return None
        front = best(self.comparable, spec.objectives, spec.constraints)
        costs = [tuple(costs_of(one.metrics or {}, spec.objectives)) for one in front]
        return compare(spec, self.trials, self.search.status.best, costs)

    @property
    def losses(self) -> Losses | None:
        """What orders the front by comparisons; None without any that can be used."""
        utility = self.compared.utility if self.compared else None
        if utility is None:
            return None

        def lost(costs: Floats) -> Floats:
            return -utility.of(costs)

        return lost

    @cached_property
    def retried(self) -> frozenset[int]:
        """The places of candidates that failed and are tried again, or have been: they cost nothing of the budget."""
        asked = {*self.spec.retry, *(index for trial in self.trials for index in trial.retries)}
        if not asked:
            return frozenset()
        return frozenset(index for trial in self.recorded for index in trial.failed if index in asked)

    @cached_property
    def newest(self) -> Mapping[int, Judgement]:
        """Of each trial's first candidate the trial that took it highest; without rungs there is one."""
        newest: dict[int, Judgement] = {}
        for j in self.searching:
            known = newest.get(j.trial.spec.index)
            if known is None or (known.trial.spec.epochs or 0) < (j.trial.spec.epochs or 0):
                newest[j.trial.spec.index] = j
        return newest

    @cached_property
    def spent(self) -> Mapping[str, float]:
        """Seconds over all trials that are on record, by `nas_plan.deleted_trials.SPENT`."""
        return {name: sum(map(attrgetter(f"trial.status.{name}"), self.judged)) for name in SPENT}

    @cached_property
    def deleted(self) -> DeletedTrials:
        """The candidates whose trial somebody has deleted."""
        on_record = [j.trial for j in self.newest.values()]
        return deleted_trials(self.search.status, on_record, self.first_index, self.spent)

    @property
    def settled(self) -> bool:
        """Whether the search had ended with a result before trials were deleted: then all that it found stays."""
        status, search = self.search.status, self.search
        ended = is_true(status.conditions, ConditionType.SUCCEEDED) and status.observed_generation == search.generation
        return ended and self.deleted.candidates > 0

    @property
    def all_recorded(self) -> bool:
        """Whether no result is awaited."""
        return len(self.recorded) == len(self.trials)

    @cached_property
    def climbing(self) -> bool:
        """Whether every result is in, but some of the candidates are to be trained further (rungs)."""
        if not self.all_recorded:
            return False
        return bool(promote(self.spec, self.trials, self.first_index, self.first_index, 1))

    @cached_property
    def dataset(self) -> DatasetSummary | None:
        """The prepared data set, None if there is none yet, or if each trial reads the data itself."""
        prepared = (j.trial.status.dataset for j in self.by_work[Work.PREPARE] if j.trial.succeeded)
        # Somebody may have deleted the trial since.
        kept = self.search.status.dataset if self.search.begun else None
        return next(prepared, None) or kept

    @cached_property
    def scores(self) -> tuple[Scored, ...]:
        """What was known of candidates before the first one was trained."""
        return scores(j.trial for j in self.by_work[Work.SCORE])

    @cached_property
    def derived(self) -> tuple[Scored, ...]:
        """What was derived in supernets before the first candidate was trained."""
        return derived(self.spec, (j.trial for j in self.by_work[Work.SUPERNET]))

    @cached_property
    def earlier(self) -> tuple[Earlier, ...]:
        """What is on record of earlier searches."""
        return on_record([j.trial for j in self.by_work[Work.EARLIER]])

    @cached_property
    def supernet(self) -> SupernetStatus | None:
        """The shared weights that candidates are evaluated with; None: there are none, or not yet."""
        if self.spec.evaluation.supernet is None:
            return None
        if self.search.supernet is not None:
            return self.search.supernet
        trained = next((j.trial for j in self.by_work[Work.SUPERNET] if j.trial.succeeded), None)
        if trained is not None and trained.status.checkpoint is not None:
            return SupernetStatus(
                search=self.search.meta.name,
                trial=trained.meta.name,
                address=trained.status.checkpoint,
                training=self.spec.evaluation.supernet.training,
                dataset_hash=trained.status.dataset_hash,
                guidance=trained.spec.guidance,
            )
        # Somebody may have deleted the trial since.
        return self.search.status.supernet if self.first_index else None

    def due(self, without: frozenset[Work] = NO_WORK) -> tuple[StartJob, ...]:
        """Return the attempts that are to be started now, but for those of some work."""
        # More slots may be taken than there are: budget.parallelTrials can be lowered while trials run.
        return tuple(StartJob(j.trial, j.next_attempt) for j in self._ready(without)[: max(0, self._slots)])

    def free_slots(self, without: frozenset[Work] = NO_WORK) -> int:
        """Return how many trials may be made, next to those that wait, but for those of some work."""
        # A trial that waits for its next attempt keeps its slot, so that retries never pile up behind new trials.
        return max(0, self._slots - len(self._waiting(without)))

    def wanted_slots(self, without: frozenset[Work] = NO_WORK) -> int:
        """Return how many might be made if the policies of the namespace left room for all."""
        return max(0, self._own_slots - len(self._waiting(without)))

    def held_back(self, without: frozenset[Work] = NO_WORK) -> int:
        """Return how many attempts would be started now, but for those of some work, if they left room for all."""
        return min(len(self._ready(without)), max(0, self._own_slots)) - len(self.due(without))

    @cached_property
    def parallel(self) -> Parallel:
        """How many trials may run at the same time, whatever the policies of the namespace say."""
        seen, template = self.snapshot, self.spec.trial_template
        return parallel(self.spec.budget, template, self._started, seen.quotas, seen.without_pod)

    @cached_property
    def gpu_hours(self) -> GpuHours | None:
        """What is left of budget.maxGPUHours; None if that bounds nothing."""
        spent = self.spent["gpu_seconds"] + self.deleted.gpu_seconds
        return gpu_hours(self.spec, self.judged, spent, self.snapshot)

    @property
    def fills_its_slots(self) -> bool:
        """Whether as many trials hold a slot as may run at the same time."""
        return self._started.active >= self.parallel.trials

    @cached_property
    def _started(self) -> Started:
        return Started.of(self.active)

    @cached_property
    def _own_slots(self) -> int:
        slots = self.parallel.trials - self._started.active
        return slots if self.gpu_hours is None else min(slots, self.gpu_hours.starts)

    @property
    def _slots(self) -> int:
        room = self.snapshot.room
        return self._own_slots if room is None else min(self._own_slots, room.free)

    def _ready(self, without: frozenset[Work]) -> list[Judgement]:
        now = self.snapshot.now
        waiting = [j for j in self._waiting(without) if j.state == State.READY]
        return [j for j in waiting if j.not_before is None or j.not_before <= now]

    def _waiting(self, without: frozenset[Work]) -> list[Judgement]:
        return [j for j in self._idle if j.trial.spec.work not in without]

    @cached_property
    def _idle(self) -> tuple[Judgement, ...]:
        return tuple(j for j in self.unrecorded if j.state in (State.READY, State.CRASHED))


def prepared_data(search: SearchView, trials: Iterable[TrialView]) -> DatasetSummary | None:
    """Return what a trial has prepared for a search as it is now, None if none has."""
    return next(
        (
            trial.status.dataset
            for trial in trials
            # One that was asked for by a spec that has been corrected since is of other data.
            if trial.spec.work == Work.PREPARE and trial.succeeded and trial.asked in (None, search.asked)
        ),
        None,
    )


def derived(spec: NASSearchSpec, trials: Iterable[TrialView]) -> tuple[Scored, ...]:
    """Return what recorded supernets have derived, as candidates: the best of each run first, then the second of each.

    What two runs have derived is there twice; whoever tries them tries it once.
    """
    trained = [trial for trial in trials if trial.spec.work == Work.SUPERNET and trial.succeeded]
    if not any(trial.status.derived for trial in trained):
        return ()
    space = get_space(spec.search_space, spec.hyperparameters)
    placed = [
        (place, trial.spec.index, Scored(candidate_of(space, found.architecture, ORIGIN), found.metrics))
        for trial in trained
        for place, found in enumerate(trial.status.derived)
    ]
    return tuple(scored for _, _, scored in sorted(placed, key=lambda one: one[:2]))


def scores(trials: Iterable[TrialView]) -> tuple[Scored, ...]:
    """Return what recorded trials that score say of their candidates; of those that failed nothing is known."""
    return tuple(
        Scored(seen.candidate, seen.metrics)
        for trial in trials
        if trial.spec.work == Work.SCORE and trial.recorded
        for seen in trial.observations
        if seen.metrics is not None
    )
