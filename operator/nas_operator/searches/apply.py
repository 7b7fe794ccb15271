"""Carries out a plan: the only code that writes to the API server for a search.

Every write can be repeated, and the operator can be killed after any of them: creates have deterministic names, deletes
carry the UID, status writes the resource version. The next look finds what is not done yet.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from typing import Any

from nas_backend.carry_out import carry_out
from nas_backend.ended_entry import put_entry
from nas_backend.ended_report import put_report
from nas_core.api.search_status import NASSearchStatus
from nas_core.api.trial import NASTrialSpec, NASTrialStatus
from nas_core.reasons import EventReason
from nas_core.records.job import JobView
from nas_core.records.metadata import Meta
from nas_core.records.names import STORAGE_FINALIZER, job_name
from nas_core.records.search import ReadableSearch, SearchView
from nas_core.records.trial import TrialView
from nas_core.records.trial_object import build_trial
from nas_operator.errors import Conflict, StatusDenied
from nas_operator.kube.client import JOBS, SEARCHES, SERVICES, TRIALS, Client, Resource, path
from nas_operator.kube.job_kinds import allowed_kind
from nas_operator.kube.merge_patch import merge_patch
from nas_operator.kube.store import Store
from nas_operator.kube.stores import Stores
from nas_operator.kube.writes import Writer
from nas_operator.labelled import require_labelled
from nas_operator.manifests.event import build_event
from nas_operator.manifests.job import build_job
from nas_operator.manifests.service import build_service
from nas_operator.namespace_end import keeps_its_objects
from nas_operator.searches.remakes import Remakes
from nas_operator.sessions.giver import SessionGiver
from nas_operator.settings import Settings
from nas_operator.storage.ledgers import ObjectsOf
from nas_operator.trials import Trials
from nas_plan.actions import Actions, EventDraft, RecordTrial, StartJob, Stored
from nas_plan.trial_status import without_result
from nas_storage.faults import StorageFault

logger = logging.getLogger(__name__)


class Applier:
    """Writes what a plan asks for."""

    def __init__(
        self,
        client: Client,
        stores: Stores,
        settings: Settings,
        objects: ObjectsOf,
        trials: Trials,
        sessions: SessionGiver,
    ) -> None:
        self._client, self._stores, self._settings, self._objects = client, stores, settings, objects
        self._trials, self._sessions = trials, sessions
        self._writer, self._remakes = Writer(client), Remakes()

    async def apply(self, search: SearchView, actions: Actions, now: datetime, write_status: bool) -> None:
        """Carry out a plan, in the order that makes it safe to be killed anywhere.

        Raises:
            Conflict: if something changed under way; what came before is done.
            ApiDenied: if a trial or its Job is not taken as the spec describes it.
            StatusDenied: if the search's status is not taken. A trial's that is not is written without its result.
            ApiError: if the API server denied a write for another reason.
        """
        await carry_out(self, search, actions, now, write_status)

    async def write_report(self, search: ReadableSearch, now: datetime) -> str | EventDraft:
        """Write the report of a search that ends into its bucket."""
        # The store has what was just recorded.
        return await put_report(search, self._trials.of(search), self._put(search, "text/html; charset=utf-8"), now)

    async def write_entry(self, search: ReadableSearch, now: datetime) -> EventDraft | None:
        """Leave the results of a search that ends to later ones of its namespace."""
        return await put_entry(search, self._trials.of(search), self._put(search, "application/json"), now)

    def _put(self, search: ReadableSearch, content_type: str) -> Callable[[str, bytes], Awaitable[None]]:
        """Return what puts an object into the bucket of a search."""
        assert search.storage is not None
        storage = search.storage

        async def put(key: str, content: bytes) -> None:
            await (await self._objects(search, storage)).put(key, content, content_type)

        return put

    async def report(
        self, search: SearchView, status: NASSearchStatus, events: Iterable[EventDraft], now: datetime
    ) -> None:
        """Write a search's status, then tell the Events."""
        await self._search_status(search, status)
        for draft in events:
            await self._writer.tell(build_event(search.meta, draft, now))

    async def finalizer(self, search: SearchView, present: bool) -> None:
        """Put our finalizer on a search, or take it off."""
        # A merge patch replaces the whole list (RFC 7386); the version keeps what others have added meanwhile.
        finalizers = [f for f in search.finalizers if f != STORAGE_FINALIZER] + ([STORAGE_FINALIZER] if present else [])
        body = {"metadata": {"finalizers": finalizers, "resourceVersion": str(search.meta.resource_version)}}
        await self._patch(path(SEARCHES, *search.meta.key), body, self._stores.searches.put)

    async def record(self, item: RecordTrial) -> None:
        """Write a trial's status; one that the API server does not take is written without its result."""
        try:
            await self._trial_status(item.trial, item.status)
        except StatusDenied as denial:
            # What a trial says of itself must not keep its search from going on for ever.
            message = f"the status of trial {item.trial.meta.name} was not taken: {denial}"
            logger.warning("%s/%s", item.trial.meta.namespace, message)
            await self._trial_status(item.trial, without_result(item.trial.status, item.status, str(denial)))
            if item.status.sequence is not None:
                # What was planned after it has seen a result that is none.
                raise Conflict(message) from denial

    async def _trial_status(self, trial: TrialView, status: NASTrialStatus) -> None:
        patch = merge_patch(trial.raw_status, status.to_dict())
        if not patch:
            return
        body = {"metadata": {"resourceVersion": str(trial.meta.resource_version)}, "status": patch}
        # With the version the write is conditional: if anybody was faster, the answer is 409 and the next look decides
        # anew.
        await self._patch(path(TRIALS, *trial.meta.key, "status"), body, self._stores.trials.put)

    async def _search_status(self, search: SearchView, status: NASSearchStatus) -> None:
        patch = merge_patch(search.raw_status, status.to_dict())
        if not patch:
            return
        # The finalizer's patch may just have moved the version on.
        newest = self._stores.searches.get(*search.meta.key) or search
        if newest.meta.uid != search.meta.uid:
            raise Conflict(f"search {search.meta.name} was deleted and created again; looking again")
        body = {"metadata": {"resourceVersion": str(newest.meta.resource_version)}, "status": patch}
        await self._patch(path(SEARCHES, *search.meta.key, "status"), body, self._stores.searches.put)

    async def stop(self, job: JobView) -> None:
        """Delete a Job; its pod gets SIGTERM and writes a checkpoint, and the Job stays until the pod is gone."""
        self._remakes.forget(job.meta.owner_uid or "", job.attempt)
        resource, store = self._kept(job.kind)
        answer = await self._writer.delete(path(resource, *job.meta.key), job.meta.uid)
        # A foreground deletion answers with the object, which stays for now; a Status means that it is gone.
        if answer.get("kind", "Status") != "Status":
            store.put(answer)

    async def delete_trial(self, trial: TrialView) -> None:
        """Delete a trial; its Jobs go with it."""
        # Of one on record nothing runs. The object goes at once then, and the garbage collector has half the work.
        answer = await self._writer.delete(path(TRIALS, *trial.meta.key), trial.meta.uid, background=trial.recorded)
        if answer.get("kind") == "NASTrial":
            self._stores.trials.put(answer)

    async def begin(self, search: SearchView, planned: NASSearchStatus) -> None:
        """Write that the first candidates are given trials, before they are: from here on their spec stays.

        Raises:
            Conflict: if the spec has changed since it was planned for.
        """
        if search.begun or planned.first_trial_time is None:
            return
        newest = self._stores.searches.get(*search.meta.key) or search
        if newest.generation != search.generation:
            raise Conflict(f"the spec of {search.meta.name} has changed; looking again")
        await self._search_status(
            search,
            search.status.model_copy(
                update={
                    "first_trial_time": planned.first_trial_time,
                    "supernet": planned.supernet,
                    "initial_model": planned.initial_model,
                }
            ),
        )

    async def create(self, search: ReadableSearch, spec: NASTrialSpec) -> TrialView:
        """Create a trial, or return the one that an earlier look has created."""
        body = build_trial(search.meta, spec, search.asked)
        raw = await self._writer.make(path(TRIALS, search.meta.namespace), body)
        self._stores.trials.put(raw)
        trial = TrialView.of(raw)
        if trial.meta.owner_uid != search.meta.uid:
            # A search of this name was deleted and made again; the old one's trials are still being collected.
            raise Conflict(f"trial {trial.meta.name} belongs to a former search of this name; waiting until it is gone")
        if trial.meta.deleting:
            raise Conflict(f"trial {trial.meta.name} is being deleted; waiting until it is gone")
        if trial.spec != spec or trial.asked not in (None, search.asked):
            raise Conflict(f"trial {trial.meta.name} was created by an earlier look; looking again")
        return trial

    async def start(self, search: ReadableSearch, start: StartJob, stored: Stored) -> None:
        """Create the Job of an attempt; one that somebody has deleted again after a pause, at a later look."""
        made = (start.trial.meta.uid, start.attempt)
        if self._remakes.left(*made) > 0:
            return
        await require_labelled(self._client, self._settings, search.meta.namespace, search.spec.trial_template)
        if times := self._remakes.times(*made):
            name = job_name(start.trial.meta.name, start.attempt)
            message = f"somebody has deleted Job {name}; it was made {_times(times)} and is made again"
            draft = EventDraft.warning(EventReason.JOB_DELETED, message)
            await self._writer.tell(build_event(search.meta, draft, self._client.clock.now()))
        if search.spec.trial_template.nodes_of(start.trial.spec.work) > 1:
            await self._name_pods(search)
        image, limit_s = self._settings.trial_image, start.limit_s
        body = build_job(search.meta, search.spec, start.trial, start.attempt, image, stored, limit_s)
        asked = search.spec.trial_template.job_kind_of(start.trial.spec.work)
        # Before a storage is asked for keys.
        kind = allowed_kind(self._settings.job_kinds, asked, body) if asked else None
        session = await self._sessions.for_job(search.meta, search.storage, body)
        if kind:
            body = kind.wrap(body)
        resource, store = self._kept(asked)
        raw = await self._writer.make(path(resource, search.meta.namespace), body)
        self._remakes.made(*made)
        meta = Meta.of(raw)
        if meta.owner_uid != start.trial.meta.uid:
            raise Conflict(f"{body['kind']} {meta.name} belongs to another trial; waiting until it is gone")
        store.put(raw)
        if session:
            await self._sessions.give(raw, session)

    def _kept(self, kind: str | None) -> tuple[Resource, Store[JobView]]:
        """Return where Jobs are, or what trials of another kind run as."""
        if kind is None:
            return JOBS, self._stores.jobs
        return self._settings.job_kinds[kind].resource, self._stores.of_kinds[kind]

    async def _name_pods(self, search: ReadableSearch) -> None:
        """Create the Service in which pods of one trial find one another, unless it is there."""
        meta = Meta.of(await self._writer.make(path(SERVICES, search.meta.namespace), build_service(search.meta)))
        if meta.owner_uid != search.meta.uid:
            raise Conflict(
                f"Service {meta.name} is not of this search: of a former one of this name it goes by itself, another "
                "one has to be removed"
            )

    async def _patch(self, url: str, body: dict[str, Any], put: Callable[[dict[str, Any]], None]) -> None:
        put(await self._writer.patch(url, body))

    async def keeps_its_objects(self, search: SearchView, fault: StorageFault) -> bool:
        """Return whether the objects of a deleted search stay, as its namespace is deleted too."""
        root = search.status.storage_root or "its bucket"
        return await keeps_its_objects(self._client, search.meta, "NASSearch", root, fault)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
