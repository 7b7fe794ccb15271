"""Carries out a plan on a backend, in the order that makes it safe to be killed anywhere.

Every write can be repeated, and who carries out can be killed after any of them: the next look finds what is not done
yet. A backend is what a search runs on: Kubernetes (`nas_operator.searches.apply`) or this machine
(`nas_local.backend`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from nas_core.api.search_status import NASSearchStatus
from nas_core.api.trial import NASTrialSpec
from nas_core.records.job import JobView
from nas_core.records.search import ReadableSearch, SearchView
from nas_core.records.trial import TrialView
from nas_plan.actions import Actions, EventDraft, RecordTrial, StartJob, Stored


class Backend(Protocol):
    """What carries out the single steps of a plan; each can be repeated."""

    async def finalizer(self, search: SearchView, present: bool) -> None:
        """Let a deletion of the search wait for its objects, or no longer."""

    async def record(self, item: RecordTrial) -> None:
        """Write a trial's status."""

    async def delete_trial(self, trial: TrialView) -> None:
        """Delete a trial's record."""

    async def stop(self, job: JobView) -> None:
        """Ask an attempt to write a checkpoint and to end; it is there until it has."""

    async def begin(self, search: SearchView, planned: NASSearchStatus) -> None:
        """Write that the first candidates are given trials, before they are: from here on their spec stays."""

    async def create(self, search: ReadableSearch, spec: NASTrialSpec) -> TrialView:
        """Record a new trial, and return it."""

    async def start(self, search: ReadableSearch, start: StartJob, stored: Stored) -> None:
        """Start an attempt, which reads what is stored."""

    async def write_report(self, search: ReadableSearch, now: datetime) -> str | EventDraft:
        """Write the report of a search that ends into its storage; return its address, or why there is none."""

    async def write_entry(self, search: ReadableSearch, now: datetime) -> EventDraft | None:
        """Leave the results of a search that ends to later ones; return why that failed."""

    async def report(
        self, search: SearchView, status: NASSearchStatus, events: Iterable[EventDraft], now: datetime
    ) -> None:
        """Write a search's status, then tell the Events."""


async def carry_out(backend: Backend, search: SearchView, actions: Actions, now: datetime, write_status: bool) -> None:
    """Carry out a plan.

    Raises:
        Exception: what a step raises; the steps that go on beside it are finished, those that follow are left out.
    """
    if actions.finalizer:
        # First: no trial may write to the storage before a deletion would wait for its objects.
        await backend.finalizer(search, present=actions.finalizer == "add")
    # Before any decision that saw them; a number that is lost when this is cut off is never used again.
    await all_of(backend.record(item) for item in actions.records)
    await all_of(backend.delete_trial(trial) for trial in actions.delete_trials)
    await all_of(backend.stop(job) for job in actions.stop_jobs)
    if actions.create_trials and actions.status:
        await backend.begin(search, actions.status)
    if isinstance(search, ReadableSearch):
        await _start(backend, search, actions)
    await all_of(backend.record(item) for item in actions.observations)
    if write_status and actions.status:
        status, events = actions.status, actions.events
        if actions.ends and isinstance(search, ReadableSearch) and search.storage:
            # First: nobody looks again at a search that is recorded as ended.
            written = await backend.write_report(replace(search, status=status), now)
            if isinstance(written, str):
                status = status.model_copy(update={"report": written})
            else:
                events = (*events, written)
            if failed := await backend.write_entry(replace(search, status=status), now):
                events = (*events, failed)
        await backend.report(search, status, events, now)


async def _start(backend: Backend, search: ReadableSearch, actions: Actions) -> None:
    """Start attempts side by side; new trials are recorded one after the other, none after one that was denied.

    Candidates are counted by the last place that is taken. One without a trial, whose next one has a trial, would count
    as deleted and never be tried.
    """
    turn, stuck = asyncio.Lock(), False  # the lock is fair: turns are in the order of the trials

    async def create(spec: NASTrialSpec) -> None:
        nonlocal stuck
        async with turn:
            if stuck:
                return
            stuck = True
            trial = await backend.create(search, spec)
            stuck = False
        if not spec.known:
            await backend.start(search, StartJob(trial, 1, actions.limit_s), actions.stored)

    starts = [backend.start(search, job, actions.stored) for job in actions.start_jobs]
    await all_of([*starts, *(create(spec) for spec in actions.create_trials)])


async def all_of(writes: Iterable[Awaitable[None]]) -> None:
    """Let every write finish, then raise the first error: one that fails must not cut its neighbours off."""
    errors = [e for e in await asyncio.gather(*writes, return_exceptions=True) if isinstance(e, BaseException)]
    if errors:
        raise errors[0]
