"""This machine as a backend of the plan: records in files, attempts as processes, a folder as storage."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from nas_backend.drop_checkpoints import drop_checkpoints
from nas_backend.ended_entry import put_entry
from nas_backend.ended_report import put_report
from nas_backend.left_behind import left_behind, newest_checkpoint
from nas_backend.trial_input import trial_input
from nas_core.api.base import parse_duration
from nas_core.api.search_status import NASSearchStatus
from nas_core.api.trial import NASTrialSpec
from nas_core.contract import DATA_DIRECTORY_ENV, GPUS_ENV, PROCESSES_ENV
from nas_core.records.job import JobView
from nas_core.records.names import template_hash
from nas_core.records.pod import PodView, last_pod
from nas_core.records.search import ReadableSearch, SearchView
from nas_core.records.trial import TrialView
from nas_core.states import WITHOUT_CANDIDATES, Work
from nas_local.attempts import TRAINER, Attempt, Resources
from nas_local.fit import gpus_of_a_trial
from nas_local.home import Home
from nas_local.live_metrics import latest_metrics
from nas_local.objects import FolderObjects
from nas_local.records import Records
from nas_plan.actions import EventDraft, RecordTrial, StartJob, Stored
from nas_plan.snapshot import Collected, Snapshot
from nas_storage.directory_store import DirectoryStore
from nas_storage.faults import StorageFault


@dataclass(frozen=True)
class Machine:
    """What of this machine a search may use."""

    threads: int
    """Of each attempt."""
    gpus: int = 0
    data: Mapping[str, str] | None = None
    """Folders by the name of the PersistentVolumeClaim that they stand for."""
    program: Sequence[str] = TRAINER


class LocalBackend:
    """Carries out the steps of a plan (`nas_backend.carry_out.Backend`), and tells what there is (`snapshot`)."""

    def __init__(self, home: Home, records: Records, machine: Machine) -> None:
        self._home, self._records, self._machine = home, records, machine
        self._attempts: dict[str, list[Attempt]] = defaultdict(list)
        self._objects = FolderObjects(DirectoryStore(home.objects))
        self.changed = asyncio.Event()
        """Set when the search is worth another look."""

    @property
    def running(self) -> list[Attempt]:
        """The attempts that have not ended."""
        return [attempt for attempts in self._attempts.values() for attempt in attempts if not attempt.ended]

    async def snapshot(self, search: SearchView, now: datetime, refresh: bool) -> Snapshot:
        """Return everything known of the search; the newest metrics only with ``refresh``."""
        trials = self._records.trials
        self._forget_stopped()
        attempts = [attempt for some in self._attempts.values() for attempt in some]
        jobs: dict[str, tuple[JobView, ...]] = {
            trial: tuple(attempt.job for attempt in some) for trial, some in self._attempts.items() if some
        }
        pods: dict[str, tuple[PodView, ...]] = {attempt.job.meta.uid: attempt.pods for attempt in attempts}
        if not isinstance(search, ReadableSearch):
            return Snapshot(now, search, trials, jobs, pods)
        fault, collected, checkpoints, dropped = await self._read(search, trials)
        return Snapshot(
            now=now,
            search=search,
            trials=trials,
            jobs=jobs,
            pods=pods,
            collected=collected,
            checkpoints=checkpoints,
            dropped=dropped,
            latest_metrics=await latest_metrics(self.running, search.meta.uid) if refresh else None,
            storage_fault=fault,
        )

    async def _read(
        self, search: ReadableSearch, trials: Sequence[TrialView]
    ) -> tuple[StorageFault | None, dict[str, Collected], dict[str, str | None], frozenset[str]]:
        """Return the storage's fault, what finished attempts have left, and checkpoints of trials stopped early.

        And the names of trials whose checkpoints have been deleted as their records ask.
        """
        collected: dict[str, Collected] = {}
        checkpoints: dict[str, str | None] = {}
        try:
            await self._objects.probe()
            for trial in trials:
                some = self._attempts.get(trial.meta.name)
                last = some[-1] if some else None
                if last and last.ended and not trial.recorded and not _is_past(trial, last):
                    collected[last.job.meta.uid] = await self._left(search, last)
                if trial.writes_checkpoint and (last is None or last.ended) and search.storage:
                    address = await newest_checkpoint(search.meta, search.storage, self._objects, trial.meta.name)
                    checkpoints[trial.meta.name] = address
            dropped: frozenset[str] = frozenset()
            if search.storage:
                dropping = [trial for trial in trials if trial.drops_checkpoints]
                dropped = await drop_checkpoints(search.meta, search.storage, self._objects, dropping)
        except StorageFault as fault:
            # Nothing is judged by half of what there is.
            return fault, {}, {}, frozenset()
        return None, collected, checkpoints, dropped

    async def _left(self, search: ReadableSearch, attempt: Attempt) -> Collected:
        async def log(pod: PodView) -> str | None:
            return await asyncio.to_thread(attempt.log_tail)

        pod = last_pod(attempt.pods)
        return await left_behind(search.meta, search.storage, self._objects, attempt.job.trial, pod, log)

    def _forget_stopped(self) -> None:
        """Drop attempts that were asked to end and have: as Kubernetes does with a Job that is deleted."""
        for trial, some in self._attempts.items():
            self._attempts[trial] = [a for a in some if not (a.ended and a.job.meta.deleting)]

    async def finalizer(self, search: SearchView, present: bool) -> None:
        """Do nothing: who removes the folder removes the objects."""

    async def record(self, item: RecordTrial) -> None:
        """Write a trial's status."""
        await asyncio.to_thread(self._records.write_trial, item.trial, item.status)

    async def delete_trial(self, trial: TrialView) -> None:
        """Delete a trial's record, and end what runs of it."""
        for attempt in self._attempts.pop(trial.meta.name, []):
            attempt.stop()
            await attempt.wait()
        await asyncio.to_thread(self._records.delete, trial)

    async def stop(self, job: JobView) -> None:
        """Ask an attempt to write a checkpoint and to end."""
        for attempt in self._attempts.get(job.trial, []):
            if attempt.job.meta.uid == job.meta.uid:
                if attempt.ended:
                    # It is out of the way at once, as a finished Job is.
                    self._attempts[job.trial].remove(attempt)
                else:
                    attempt.stop()
                return

    async def begin(self, search: SearchView, planned: NASSearchStatus) -> None:
        """Write that the first candidates are given trials, before they are."""
        if search.begun or planned.first_trial_time is None:
            return
        status = search.status.model_copy(
            update={
                "first_trial_time": planned.first_trial_time,
                "supernet": planned.supernet,
                "initial_model": planned.initial_model,
            }
        )
        await asyncio.to_thread(self._records.write_search, status)

    async def create(self, search: ReadableSearch, spec: NASTrialSpec) -> TrialView:
        """Record a new trial."""
        trial = await asyncio.to_thread(self._records.create, search, spec)
        if spec.known:
            self.changed.set()
        return trial

    async def start(self, search: ReadableSearch, start: StartJob, stored: Stored) -> None:
        """Start an attempt as a process."""
        trial, spec = start.trial, search.spec
        if any(attempt.job.attempt == start.attempt for attempt in self._attempts[trial.meta.name]):
            return
        given = trial_input(search.meta, spec, trial, start.attempt, stored)
        if given.storage is not None:
            folder = given.storage.model_copy(update={"folder": str(self._home.objects)})
            given = given.model_copy(update={"storage": folder})
        longest, bounds = spec.evaluation.max_trial_duration, []
        if longest and trial.spec.work not in WITHOUT_CANDIDATES:
            bounds.append(parse_duration(longest))
        if start.limit_s is not None and trial.spec.work != Work.PREPARE:
            bounds.append(timedelta(seconds=start.limit_s))
        attempt = Attempt(
            trial,
            given,
            self._home.attempts,
            self._resources(search, trial),
            template_hash(spec),
            min(bounds, default=None),
            timedelta(seconds=spec.trial_template.termination_grace_period_seconds),
            self.changed.set,
            self._machine.program,
        )
        self._attempts[trial.meta.name].append(attempt)

    def _resources(self, search: ReadableSearch, trial: TrialView) -> Resources:
        template, volume = search.spec.trial_template, search.spec.task.dataset.volume
        environment = {variable.name: variable.value for variable in template.env}
        if volume and self._machine.data:
            environment[DATA_DIRECTORY_ENV] = self._machine.data[volume.claim_name]
        taken = {gpu for attempt in self.running for gpu in attempt.gpus}
        free = [gpu for gpu in range(self._machine.gpus) if gpu not in taken]
        gpus = [] if trial.spec.work == Work.PREPARE else free[: gpus_of_a_trial(search.spec, self._machine.gpus)]
        # As in a pod: the trainer says so if it cannot use them, and starts a process for each of several.
        if gpus:
            environment[GPUS_ENV] = str(len(gpus))
        if len(gpus) > 1 and not search.spec.evaluation.benchmark:
            environment[PROCESSES_ENV] = str(len(gpus))
        return Resources(self._machine.threads, gpus, environment)

    async def write_report(self, search: ReadableSearch, now: datetime) -> str | EventDraft:
        """Write the report of a search that ends."""
        return await put_report(search, self._records.trials, self._objects.put, now)

    async def write_entry(self, search: ReadableSearch, now: datetime) -> EventDraft | None:
        """Leave the results of a search that ends to later ones."""
        return await put_entry(search, self._records.trials, self._objects.put, now)

    async def report(
        self, search: SearchView, status: NASSearchStatus, events: Iterable[EventDraft], now: datetime
    ) -> None:
        """Write the search's status, then the Events."""
        if status != search.status:
            await asyncio.to_thread(self._records.write_search, status)
        lines = [f"{now:%Y-%m-%dT%H:%M:%SZ} {event.kind} {event.reason}: {event.message}\n" for event in events]
        if lines:
            with self._home.events.open("a", encoding="utf-8") as file:
                file.writelines(lines)


def _is_past(trial: TrialView, attempt: Attempt) -> bool:
    return any(past.number == attempt.job.attempt for past in trial.status.attempts)
