"""Brings the runs of one search to MLflow: each once, though requests may be sent again and the operator be killed.

To make a run is the only request that must not be repeated, and MLflow knows no names that are given once. So a run
carries its key as a tag from the first; the server is asked for the keys that it has before the first run is made,
after every run of which it is not known whether it was made, and before the search's run is ended. Should there be two
of one key then (the answer was lost, and the run came after the question), one goes. Everything else can be repeated:
MLflow keeps one of the same values, and a run is ended last.

A candidate that runs has its run already, with the epochs so far. Those that have ended go first, and what is told of
one that runs is told again at its end: it may be left out, or be lost.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from nas_core.api.tracking import MlflowStatus
from nas_core.records.search import ReadableSearch
from nas_operator.tracking.faults import TrackingFault
from nas_operator.tracking.http import TrackingHttp
from nas_operator.tracking.mlflow import CLUSTER_TAG, PARENT_TAG, UID_TAG, KnownRun, Mlflow, deleted
from nas_plan.tracking.candidates import Candidate, candidate_run, ended, epoch_shown, running, running_run
from nas_plan.tracking.record import Record
from nas_plan.tracking.run import Point, Run, RunStatus
from nas_plan.tracking.search import improvements, search_run
from nas_plan.tracking.versions import versions

AT_ONCE, A_LOOK = 8, 400
"""Runs that are brought at the same time, and in one look at a search."""
RUNNING_A_LOOK = 40
"""Running candidates that are told of in one look: one request each, the first time two."""

T = TypeVar("T")


@dataclass
class _Memory:
    """What the server is known to have."""

    experiment_id: str
    run_id: str = ""
    """Of the search's run; empty: there is none."""
    described: bool = False
    stands: str = RunStatus.RUNNING
    finished: dict[str, str] = field(default_factory=dict)
    """IDs of the runs of candidates that were ended, by key."""
    open: dict[str, str] = field(default_factory=dict)
    """IDs of those that were not."""
    shown: dict[str, int] = field(default_factory=dict)
    """Of these: the newest epoch that was sent while the candidate ran."""
    versions: set[str] = field(default_factory=set)
    """Keys of versions."""
    points: set[Point] = field(default_factory=set)
    """Those that the search's run was given since."""
    asked: bool = True
    """Whether no run was made since the server was asked."""


class MlflowDelivery:
    """Delivers one search to one experiment of one server."""

    def __init__(
        self, http: TrackingHttp, endpoint: str, search_uid: str, experiment: str, cluster_uid: str | None = None
    ) -> None:
        """``cluster_uid``: of the cluster, by which runs are found when the search is gone; None: not known."""
        self._http, self._endpoint, self._uid, self._experiment = http, endpoint, search_uid, experiment
        self._tags = {UID_TAG: search_uid} | ({CLUSTER_TAG: cluster_uid} if cluster_uid else {})
        self._server = Mlflow(http, endpoint, {})
        self._memory: _Memory | None = None
        self._made = False
        """Whether the server may have a run of it."""

    async def deliver(self, record: Record, headers: Mapping[str, str]) -> tuple[MlflowStatus, int]:
        """Bring what is missing, some hundreds of runs at most; end the search's run when nothing is left.

        Return what the server has then, and how many candidates are left.

        Raises:
            TrackingFault: if the server cannot be used; what came before is delivered.
        """
        self._server = Mlflow(self._http, self._endpoint, headers)
        try:
            return await self._deliver(record)
        except TrackingFault as fault:
            if fault.of_run:
                # Somebody may have deleted a run that was open: the next look asks.
                self._memory = None
            raise

    async def _deliver(self, record: Record) -> tuple[MlflowStatus, int]:
        search, trials = record.search, record.trials
        # In a thread: a search may have a hundred thousand candidates.
        candidates, better, live = await asyncio.to_thread(
            lambda: (list(ended(trials)), list(improvements(search, trials)), list(running(trials, record.now)))
        )
        run = search_run(search)
        memory = self._memory or await self._recall()
        memory = await self._bring(memory, search, run, candidates)
        if run.status != RunStatus.RUNNING and not memory.asked and not _missing(memory, candidates):
            # Before the end the server is asked whether it has each of them, and once.
            memory = await self._bring(await self._recall(), search, run, candidates)
        left = len(_missing(memory, candidates))
        if points := {point for one in better for point in one.points} - memory.points:
            await self._server.log(memory.run_id, points=points)
            memory.points |= points
        if not left:
            await self._register(memory, record)
        if not left and run.status == RunStatus.RUNNING:
            await self._show(memory, search, live)
        if not left and memory.stands != run.status:
            if run.ended:
                await self._kill_open(memory, run.ended)
            await self._server.log(memory.run_id, tags=run.tags)
            await self._server.stand(memory.run_id, run.status, run.ended)
            memory.stands = run.status
        return self._status(memory, run, left), left

    async def end(self, now: datetime) -> None:
        """End the search's run and those below it, as the search is gone or is not tracked here any more."""
        # Without an answer to the last question it is not known what the server has.
        memory = self._memory or (await self._recall() if self._made else None)
        if memory and memory.run_id and memory.stands == RunStatus.RUNNING:
            await self._kill_open(memory, now)
            await self._server.stand(memory.run_id, RunStatus.KILLED, now)
            memory.stands = RunStatus.KILLED

    def _status(self, memory: _Memory, run: Run, left: int) -> MlflowStatus:
        return MlflowStatus(
            endpoint=self._endpoint,
            experiment_id=memory.experiment_id,
            run_id=memory.run_id,
            candidates=len(memory.finished),
            models=sorted(memory.versions),
            ended=run.ended if run.status != RunStatus.RUNNING and not left else None,
        )

    async def _recall(self) -> _Memory:
        """Ask the server what it has of the search, and delete all but one of the runs of one key."""
        self._memory = None
        memory = _Memory(await self._server.experiment(self._experiment))
        by_key = defaultdict[str, list[KnownRun]](list)
        async for known in self._server.runs(memory.experiment_id, self._uid):
            by_key[known.key].append(known)
        below = Counter(known.parent for runs in by_key.values() for known in runs)
        for key, runs in by_key.items():
            there = [known for known in runs if not known.deleted]
            kept = max(there or runs, key=lambda known: (below[known.run_id], known.finished, known.run_id))
            for other in there:
                if other is not kept:
                    await self._server.delete(other.run_id)
            if key == self._uid:
                if kept.deleted:
                    raise deleted("run of the search")
                memory.run_id, memory.stands, memory.described = kept.run_id, kept.status, kept.described
            elif kept.finished or kept.deleted:
                # What somebody has deleted does not come back.
                memory.finished[key] = kept.run_id
            else:
                memory.open[key] = kept.run_id
        self._memory, self._made = memory, bool(by_key)
        return memory

    async def _bring(
        self, memory: _Memory, search: ReadableSearch, run: Run, candidates: Sequence[Candidate]
    ) -> _Memory:
        if not memory.run_id:
            memory.run_id = await self._create(memory, run, None)
        if not memory.described:
            await self._server.log(memory.run_id, run.params)
            memory.described = True

        async def bring(candidate: Candidate) -> None:
            run = candidate_run(search, *candidate)
            # One that is made now has its tags.
            tags = run.tags if run.key in memory.open else {}
            run_id = await self._open(memory, run)
            await self._server.log(run_id, run.params, run.points, tags)
            await self._server.stand(run_id, run.status, run.ended)
            memory.finished[run.key] = memory.open.pop(run.key)
            memory.shown.pop(run.key, None)

        await each(_missing(memory, candidates)[:A_LOOK], bring)
        return memory

    async def _show(self, memory: _Memory, search: ReadableSearch, live: Sequence[Candidate]) -> None:
        """Tell of candidates that run, of which there is news: first those of which nothing was told."""

        async def show(candidate: Candidate) -> None:
            run, shown = running_run(search, *candidate), memory.shown.get(candidate[0])
            run_id = await self._open(memory, run)
            points = [point for point in run.points if shown is None or point.step > shown]
            await self._server.log(run_id, run.params if shown is None else {}, points)
            memory.shown[run.key] = epoch_shown(candidate[1])

        news = [
            candidate
            for candidate in live
            if candidate[0] not in memory.finished and epoch_shown(candidate[1]) > memory.shown.get(candidate[0], -1)
        ]
        news.sort(key=lambda candidate: memory.shown.get(candidate[0], -1))
        await each(news[:RUNNING_A_LOOK], show)

    async def _open(self, memory: _Memory, run: Run) -> str:
        """Return the run of a candidate, making it if it is not there."""
        if run.key not in memory.open:
            memory.open[run.key] = await self._create(memory, run, memory.run_id)
        return memory.open[run.key]

    async def _kill_open(self, memory: _Memory, when: datetime) -> None:
        """End the runs of candidates that will have no result: somebody has deleted the trials."""

        async def kill(run_id: str) -> None:
            await self._server.stand(run_id, RunStatus.KILLED, when)

        await each(list(memory.open.values()), kill)

    async def _register(self, memory: _Memory, record: Record) -> None:
        there = record.search.status.tracking and record.search.status.tracking.mlflow
        if there and there.run_id == memory.run_id:
            memory.versions |= set(there.models)
        for version in versions(record.search, record.models):
            if version.key not in memory.versions:
                await self._server.register(version, memory.finished.get(version.trial_uid, memory.run_id))
                memory.versions.add(version.key)

    async def _create(self, memory: _Memory, run: Run, parent: str | None) -> str:
        memory.asked, self._made = False, True
        try:
            tags = self._tags | ({PARENT_TAG: parent} if parent else {})
            return await self._server.create(memory.experiment_id, run, tags)
        except BaseException:
            # It may have been made: the next look asks.
            self._memory = None
            raise


def _missing(memory: _Memory, candidates: Sequence[Candidate]) -> list[Candidate]:
    return [candidate for candidate in candidates if candidate[0] not in memory.finished]


async def each(all_of: Iterable[T], do: Callable[[T], Awaitable[None]]) -> None:
    """Do something for each, some at the same time; return when nothing goes on any more.

    Raises:
        TrackingFault: the first one. After one that is of a run the others are still done.
    """
    todo, faults = iter(all_of), list[TrackingFault]()

    async def work() -> None:
        for one in todo:
            try:
                await do(one)
            except TrackingFault as fault:
                faults.append(fault)
                if not fault.of_run:
                    return

    ends = await asyncio.gather(*(work() for _ in range(AT_ONCE)), return_exceptions=True)
    # Not before all have ended: those that go on would make the same runs as the next look.
    if failed := next((end for end in ends if end is not None), None):
        raise failed
    if faults:
        raise faults[0]
