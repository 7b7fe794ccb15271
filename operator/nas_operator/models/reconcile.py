"""One look at one model: gather, decide, write. Called by the workers for each key the queue hands out."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from nas_core.api.model import NASModelStatus
from nas_core.reasons import ModelReason
from nas_core.records.conditions import internal_error, is_true
from nas_core.records.job import JobView
from nas_core.records.model import ModelView
from nas_core.records.names import STORAGE_FINALIZER, export_job_name
from nas_core.states import ConditionType
from nas_operator.errors import ApiDenied, Conflict, NoSession, OperatorError, RefusedByPolicy
from nas_operator.kube.client import JOBS, MODELS, Client, path
from nas_operator.kube.merge_patch import merge_patch
from nas_operator.kube.store import SearchKey
from nas_operator.kube.stores import Stores
from nas_operator.kube.writes import Writer
from nas_operator.labelled import require_labelled
from nas_operator.limits.endpoints import PoliciesOf
from nas_operator.manifests.event import build_event
from nas_operator.manifests.job import build_export_job
from nas_operator.models.bucket import ModelBucket
from nas_operator.models.gather import ModelGatherer
from nas_operator.namespace_end import keeps_its_objects
from nas_operator.sessions.giver import SessionGiver
from nas_operator.settings import Settings
from nas_operator.storage.objects import Buckets
from nas_operator.trials import Trials
from nas_plan.limits.rules import template_refusal
from nas_plan.models.decide import decide, held_up, stalled_for_good
from nas_plan.models.events import model_events
from nas_plan.models.snapshot import Export
from nas_plan.models.source import prefix_of
from nas_storage.faults import StorageFault

logger = logging.getLogger(__name__)

LOOK_LIMIT_S = 120.0
"""Seconds that one look may take: one that waits for ever keeps a worker from everybody else."""
WAIT_S, FAULT_S, DELETING_S = 10.0, 60.0, 10.0
"""Seconds until the next look: for a trial that is not there or a Job that runs, at a storage that does not work."""


class ModelReconciler:
    """Brings models closer to what their specs ask for."""

    def __init__(
        self,
        client: Client,
        stores: Stores,
        trials: Trials,
        settings: Settings,
        buckets: Buckets,
        policies_of: PoliciesOf,
        sessions: SessionGiver,
    ) -> None:
        self._client, self._stores, self._settings = client, stores, settings
        self._policies_of, self._sessions = policies_of, sessions
        self._writer = Writer(client)
        self._bucket = ModelBucket(client, buckets)
        self._gatherer = ModelGatherer(client, stores, trials, self._bucket, settings.model_check_interval)
        self._uids: dict[SearchKey, str] = {}

    async def reconcile(self, key: SearchKey) -> float | None:
        """Look at a model once; return the seconds after which to look again, None if only a change is worth it.

        Raises:
            Exception: to be tried again with a backoff. One that is no `OperatorError` is on record in the model.
        """
        model = self._stores.models.get(*key)
        known = self._uids.pop(key, None)
        if known is not None and (model is None or model.meta.uid != known):
            self._gatherer.forget(known)
        if model is None:
            return None
        self._uids[key] = model.meta.uid
        try:
            async with asyncio.timeout(LOOK_LIMIT_S):
                return await (self._delete(model) if model.meta.deleting else self._look(model))
        except (ApiDenied, NoSession) as denied:
            await self._hold_up(model, ModelReason.EXPORT_DENIED, str(denied))
            raise
        except OperatorError:
            raise
        except Exception as bug:
            await self._hold_up(model, ModelReason.INTERNAL_ERROR, internal_error(bug))
            raise

    async def _look(self, model: ModelView) -> float | None:
        snapshot = await self._gatherer.snapshot(model, self._client.clock.now())
        actions = decide(snapshot)
        if actions.finalizer != (STORAGE_FINALIZER in model.finalizers):
            model = await self._finalizer(model, present=actions.finalizer)
        model = await self._status(model, actions.status)
        for other in actions.demote:
            await self._demote(other)
        if actions.export:
            await self._start(model, actions.export)
        if snapshot.fault is not None:
            return FAULT_S
        if is_true(actions.status.conditions, ConditionType.READY):
            # At once after it was made: until then nobody knows whether its files are whole.
            looked = snapshot.stored is not None and snapshot.collected is None
            return self._settings.model_check_interval if looked else min(1.0, self._settings.model_check_interval)
        return None if stalled_for_good(model) else WAIT_S

    async def _delete(self, model: ModelView) -> float | None:
        """Bring a model closer to its end; return the seconds after which to look again, None if it has none of us."""
        if STORAGE_FINALIZER not in model.finalizers:
            return None
        storage = model.status.storage
        if storage is not None and model.spec.deletion_policy == "Delete":
            job = self._stores.exports.get(model.meta.namespace, export_job_name(model.meta.name))
            if job is not None and job.meta.owner_uid == model.meta.uid:
                # First: it would go on to write.
                await self._stop(job)
                return 1.0
            try:
                if not await self._bucket.empty(model, storage):
                    return 0.0
            except StorageFault as fault:
                root = f"s3://{storage.bucket}/{prefix_of(model, storage)}"
                if not await keeps_its_objects(self._client, model.meta, "NASModel", root, fault):
                    await self._hold_up(model, ModelReason.NOT_EMPTIED, fault.message)
                    return DELETING_S
        await self._finalizer(model, present=False)
        return None

    async def _stop(self, job: JobView) -> None:
        if not job.meta.deleting:
            await self._writer.delete(path(JOBS, *job.meta.key), job.meta.uid)

    async def _start(self, model: ModelView, export: Export) -> None:
        """Create the Job that makes a model, unless it is there."""
        settings, template = self._settings, export.search.spec.trial_template
        # Of the search as it is now, which need not be what its trials ran with.
        if refused := template_refusal(self._policies_of(model.meta.namespace), template, settings.trial_image):
            raise RefusedByPolicy(refused)
        await require_labelled(self._client, settings, model.meta.namespace, template)
        body = build_export_job(
            model, export, settings.trial_image, settings.model_export_deadline, settings.model_signing_secret
        )
        session = await self._sessions.for_job(model.meta, export.search.storage, body)
        raw = await self._writer.make(path(JOBS, model.meta.namespace), body)
        job = JobView.of(raw)
        if job.meta.owner_uid != model.meta.uid:
            raise Conflict(f"Job {job.meta.name} belongs to another object; waiting until it is gone")
        self._stores.exports.put(raw)
        if session:
            await self._sessions.give(raw, session)

    async def _finalizer(self, model: ModelView, present: bool) -> ModelView:
        finalizers = [f for f in model.finalizers if f != STORAGE_FINALIZER] + ([STORAGE_FINALIZER] if present else [])
        return await self._patch(model, {"metadata": {"finalizers": finalizers}})

    async def _demote(self, other: ModelView) -> None:
        logger.info("%s/%s is a candidate again: another version is in production", *other.meta.key)
        await self._patch(other, {"spec": {"stage": "candidate"}})

    async def _status(self, model: ModelView, status: NASModelStatus) -> ModelView:
        """Write a model's status, then tell the Events; return the model as it is then."""
        patch = merge_patch(model.raw_status, status.to_dict())
        if not patch:
            return model
        written = await self._patch(model, {"status": patch}, "status")
        for draft in model_events(model.status.conditions, status.conditions):
            await self._writer.tell(build_event(model.meta, draft, self._client.clock.now(), "NASModel"))
        return written

    async def _hold_up(self, model: ModelView, reason: ModelReason, message: str) -> None:
        """Let the model itself say why it does not go on: the operator's log is not for its owner's eyes."""
        model = self._stores.models.get(*model.meta.key) or model
        try:
            await self._status(model, held_up(model, reason, message, self._client.clock.now()))
        except OperatorError as error:
            logger.warning("%s/%s: its condition cannot be written: %s", *model.meta.key, error)

    async def _patch(self, model: ModelView, body: dict[str, Any], subresource: str | None = None) -> ModelView:
        """Change a model, if nobody else has in the meantime; return it as it is then."""
        body["metadata"] = {**body.get("metadata", {}), "resourceVersion": str(model.meta.resource_version)}
        raw = await self._writer.patch(path(MODELS, *model.meta.key, subresource), body)
        self._stores.models.put(raw)
        return ModelView.of(raw)
