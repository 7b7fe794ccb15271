"""Gathers what is known of one model for the plan: from the stores, the API server and the bucket."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from nas_core.reasons import ModelReason
from nas_core.records.conditions import find, is_true
from nas_core.records.job import JobView
from nas_core.records.model import ModelView
from nas_core.records.names import GIT_COMMIT_ANNOTATION, export_job_name
from nas_core.records.search import read_search
from nas_core.states import ConditionType, Outcome
from nas_operator.errors import ApiError
from nas_operator.kube.client import SEARCHES, Client, path
from nas_operator.kube.stores import Stores
from nas_operator.models.bucket import ModelBucket
from nas_operator.trials import Trials
from nas_plan.models.decide import stalled_for_good
from nas_plan.models.job_end import over
from nas_plan.models.snapshot import ModelSnapshot, Source, Stored
from nas_plan.models.source import files_prefix, prefix_of
from nas_plan.resolve import resolve
from nas_plan.snapshot import Collected
from nas_storage.faults import StorageFault

COMMIT_LENGTH, MANAGER_LENGTH = 64, 128


class ModelGatherer:
    """Makes snapshots of models."""

    def __init__(
        self,
        client: Client,
        stores: Stores,
        trials: Trials,
        bucket: ModelBucket,
        interval_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``interval_s``: seconds between two looks at the files of a model."""
        self._client, self._stores, self._trials = client, stores, trials
        self._bucket, self._interval_s, self._clock = bucket, interval_s, clock
        self._checked: dict[str, float] = {}

    def forget(self, model_uid: str) -> None:
        """Drop what is remembered of a model that is gone."""
        self._checked.pop(model_uid, None)
        self._bucket.forget(model_uid)

    async def snapshot(self, model: ModelView, now: datetime) -> ModelSnapshot:
        """Gather everything known of a model.

        Raises:
            LedgerNotRead: while its trial may be in a ledger that has not been read.
        """
        ready = is_true(model.status.conditions, ConditionType.READY)
        job = self._job(model)
        source = None
        if not ready and job is None and not stalled_for_good(model):
            source = await self._source(model)
        collected: Collected | None = None
        stored: Stored | None = None
        fault: StorageFault | None = None
        packages: Mapping[str, str] = {}
        try:
            if ready and self._due(model):
                stored = await self._stored(model)
            elif job is not None and over(job, now) and not ready and not stalled_for_good(model):
                collected, stored, packages = await self._collect(model, job)
        except StorageFault as unusable:
            fault = unusable
        namesakes = tuple(
            other
            for other in self._stores.models.all()
            if other.meta.namespace == model.meta.namespace
            and other.name == model.name
            and other.meta.uid != model.meta.uid
        )
        return ModelSnapshot(
            now=now,
            model=model,
            source=source,
            job=job,
            collected=collected,
            packages=packages,
            stored=stored,
            fault=fault,
            namesakes=namesakes,
        )

    def _due(self, model: ModelView) -> bool:
        intact = find(model.status.conditions, ConditionType.STORAGE_INTACT)
        if intact is None or intact.reason == ModelReason.STORAGE_FAULT:
            return True
        last = self._checked.get(model.meta.uid)
        return last is None or self._clock() - last >= self._interval_s

    async def _stored(self, model: ModelView) -> Stored | None:
        storage = model.status.storage
        if storage is None:
            return None
        stored = await self._bucket.stored(model, storage, files_prefix(model, storage), model.status.artifacts)
        self._checked[model.meta.uid] = self._clock()
        return stored

    async def _collect(
        self, model: ModelView, job: JobView
    ) -> tuple[Collected | None, Stored | None, Mapping[str, str]]:
        storage = model.status.storage
        if storage is None or model.status.lineage is None:
            return None, None, {}
        collected = await self._bucket.collect(model, storage, job.meta.name)
        result = collected.result
        if result is None or result.outcome != Outcome.SUCCEEDED or result.model is None:
            return collected, None, {}
        prefix = prefix_of(model, storage) + result.model.folder
        stored = await self._bucket.stored(model, storage, prefix, ())
        return collected, stored, await self._bucket.packages(model, storage, prefix)

    def _job(self, model: ModelView) -> JobView | None:
        job = self._stores.exports.get(model.meta.namespace, export_job_name(model.meta.name))
        # Of a model of this name that was deleted: it goes, and is waited for.
        return job if job and job.meta.owner_uid == model.meta.uid else None

    async def _source(self, model: ModelView) -> Source | None:
        namespace, asked = model.meta.namespace, model.spec.source
        trial = self._trials.find(namespace, asked.trial)
        if trial is None or trial.meta.search is None or trial.meta.deleting:
            return None
        try:
            # Asked for, not from the store, which keeps no field managers.
            raw = await self._client.get(path(SEARCHES, namespace, trial.meta.search))
        except ApiError as error:
            if error.status == 404:
                return None
            raise
        search = read_search(raw)
        # A label alone does not do: anybody can write one.
        if trial.meta.owner_uid != search.meta.uid:
            return None
        space = self._stores.spaces.get(namespace, search.space_ref) if search.space_ref else None
        commit = raw["metadata"].get("annotations", {}).get(GIT_COMMIT_ANNOTATION)
        return Source(
            search=resolve(search, space),
            trial=trial,
            git_commit=commit[:COMMIT_LENGTH] if commit else None,
            field_manager=_field_manager(raw["metadata"]),
        )


def _field_manager(meta: Mapping[str, Any]) -> str | None:
    """Return who wrote the spec last."""
    wrote = [
        entry
        for entry in meta.get("managedFields", ())
        if not entry.get("subresource") and "f:spec" in (entry.get("fieldsV1") or {})
    ]
    newest = max(wrote, key=lambda entry: entry.get("time", ""), default=None)
    return str(newest.get("manager", ""))[:MANAGER_LENGTH] or None if newest else None
