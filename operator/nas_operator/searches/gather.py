"""What exists of one search, put together for the plan: the stores' views, and what only a request can tell.

The requests: results and logs of finished Jobs, the storage's health. A fault of any of them shows in the snapshot;
none of them stops the look. What may keep one waiting is read beside it (`nas_operator.searches.live_readings`).
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from pydantic import ValidationError

from nas_core.api.storage import Storage
from nas_core.contract import TrialResult
from nas_core.layout import checkpoint_prefix, result_key, storage_location
from nas_core.reasons import TrialReason
from nas_core.records.names import TRIAL_CONTAINER
from nas_core.records.objects import JobView, PodView, SearchView, TrialView
from nas_core.states import Outcome
from nas_operator.errors import ApiError, OperatorError
from nas_operator.kube.client import PODS, Client, path
from nas_operator.kube.stores import Stores
from nas_operator.searches.live_readings import LiveReader
from nas_operator.settings import Settings
from nas_operator.storage.credentials import read_credentials
from nas_operator.storage.health import HealthMonitor
from nas_operator.storage.lanes import Lanes
from nas_operator.storage.objects import Objects
from nas_plan.resolve import resolve
from nas_plan.snapshot import Collected, Snapshot
from nas_plan.trial_state import last_pod
from nas_storage.faults import ObjectTooLarge, StorageFault

logger = logging.getLogger(__name__)

LOG_LINES = "20"


class Gatherer:
    """Makes snapshots."""

    def __init__(
        self, client: Client, stores: Stores, settings: Settings, health: HealthMonitor, live: LiveReader
    ) -> None:
        self._client, self._stores, self._settings = client, stores, settings
        self._health, self._live, self._lanes = health, live, Lanes()

    def forget(self, search_uid: str) -> None:
        """Drop what is remembered of a search that is gone."""
        self._health.forget(search_uid)
        self._live.forget(search_uid)
        self._lanes.forget(search_uid)

    async def objects(self, search: SearchView, storage: Storage) -> Objects:
        """Return the objects of a search's bucket.

        Raises:
            StorageFault: if its Secret cannot be used.
        """
        credentials = await read_credentials(
            self._client, search.meta.namespace, storage.secret_ref.name, self._settings.secret_names
        )
        return Objects(storage, credentials, self._lanes, search.meta.uid)

    async def snapshot(self, search: SearchView, now: datetime, refresh: bool) -> Snapshot:
        """Gather everything known of a search; ``refresh`` has live curves and refusals read for a later look."""
        search = self._resolved(search)
        trials = self._owned_trials(search)
        jobs = self._owned_jobs(search, trials)
        pods = self._owned_pods(search)
        if search.spec is None:
            return Snapshot(now, search, trials, jobs, pods)
        leftovers = self._leftovers(search, jobs)
        unrecorded = {trial.meta.name for trial in trials if not trial.recorded}
        current = [attempts[-1] for name, attempts in jobs.items() if name in unrecorded]
        by_name = {trial.meta.name: trial for trial in trials}
        finished = [j for j in current if j.finished and not _is_past(by_name[j.trial], j)]
        if refresh:
            self._live.start(search, current, pods, now)
        live = self._live.take(search.meta.uid)
        fault = await self._storage_fault(search)
        collected, late_fault = await self._collect(search, fault, finished, pods)
        left = [
            trial.meta.name
            for trial in trials
            if trial.writes_checkpoint and trial.meta.name not in leftovers and _is_over(jobs.get(trial.meta.name, ()))
        ]
        checkpoints = {} if late_fault or fault else await self._checkpoints(search, left)
        return Snapshot(
            now=now,
            search=search,
            trials=trials,
            jobs=jobs,
            pods=pods,
            leftovers=leftovers,
            collected=collected,
            checkpoints=checkpoints,
            refusals=live.refusals if live else None,
            curves=live.curves if live else None,
            storage_fault=late_fault or fault,
        )

    def _resolved(self, search: SearchView) -> SearchView:
        ref = search.spec.search_space.ref if search.spec else None
        return resolve(search, self._stores.spaces.get(search.meta.namespace, ref.name) if ref else None)

    def _owned_trials(self, search: SearchView) -> tuple[TrialView, ...]:
        trials = self._stores.trials.of_search(search.meta.key)
        owned = [t for t in trials if t.meta.owner_uid == search.meta.uid and not t.meta.deleting]
        return tuple(sorted(owned, key=lambda t: t.spec.index))

    def _owned_jobs(self, search: SearchView, trials: Iterable[TrialView]) -> dict[str, tuple[JobView, ...]]:
        uids = {trial.meta.uid for trial in trials}
        jobs: dict[str, list[JobView]] = defaultdict(list)
        for job in self._stores.jobs.of_search(search.meta.key):
            if job.meta.owner_uid in uids:
                jobs[job.trial].append(job)
        return {name: tuple(sorted(found, key=lambda j: j.attempt)) for name, found in jobs.items()}

    def _owned_pods(self, search: SearchView) -> dict[str, tuple[PodView, ...]]:
        pods: dict[str, list[PodView]] = defaultdict(list)
        for pod in self._stores.pods.of_search(search.meta.key):
            if pod.job_uid:
                pods[pod.job_uid].append(pod)
        return {uid: tuple(found) for uid, found in pods.items()}

    def _leftovers(self, search: SearchView, jobs: dict[str, tuple[JobView, ...]]) -> frozenset[str]:
        known = {job.meta.uid for attempts in jobs.values() for job in attempts}
        pods = self._stores.pods.of_search(search.meta.key)
        return frozenset(pod.trial for pod in pods if not pod.ended and pod.job_uid not in known)

    async def _storage_fault(self, search: SearchView) -> StorageFault | None:
        """Return what is wrong with the storage, None if nothing is or there is none."""
        spec = search.spec
        if spec is None or spec.storage is None:
            return None
        storage = spec.storage
        root = storage_location(search.meta, storage).root

        async def probe() -> None:
            await (await self.objects(search, storage)).probe(root)

        return (await self._health.check(_health_key(search), probe)).fault

    async def _collect(
        self,
        search: SearchView,
        fault: StorageFault | None,
        finished: Sequence[JobView],
        pods: dict[str, tuple[PodView, ...]],
    ) -> tuple[dict[str, Collected], StorageFault | None]:
        """Read what finished Jobs left; with a storage that does not work nothing is read, and nothing is judged."""
        if fault or not finished:
            return {}, None
        storage = search.spec.storage if search.spec else None
        try:
            objects = await self.objects(search, storage) if storage else None
        except StorageFault as refused:
            return {}, self._health.failed(_health_key(search), refused).fault
        answers = await asyncio.gather(
            *(self._collect_one(search, objects, job, pods.get(job.meta.uid, ())) for job in finished),
            return_exceptions=True,
        )
        collected, late = {}, None
        for job, answer in zip(finished, answers, strict=True):
            if isinstance(answer, Collected):
                collected[job.meta.uid] = answer
            elif isinstance(answer, StorageFault):
                late = self._health.failed(_health_key(search), answer).fault
            elif isinstance(answer, OperatorError):
                logger.warning("result of %s: %s; trying again", job.meta.name, answer)
            else:
                raise answer
        return collected, late

    async def _collect_one(
        self, search: SearchView, objects: Objects | None, job: JobView, pods: Sequence[PodView]
    ) -> Collected:
        """Return what one finished Job left: the stored result, else the termination message, which is then stored.

        The storage's object is the record: it is written once, whoever comes first, and what is there holds.
        """
        pod = last_pod(pods)
        told = parse_result(pod.message) if pod else None
        result = told
        if objects and search.spec and search.spec.storage:
            key = result_key(storage_location(search.meta, search.spec.storage).root, job.trial)
            try:
                stored = await objects.get(key)
                if stored is None and told and told.outcome != Outcome.FAILED:
                    content = told.model_dump_json(by_alias=True, exclude_none=True).encode()
                    stored = await objects.put_once(key, content)
                if stored is not None:
                    result = parse_result(stored.decode(errors="replace")) or told
            except ObjectTooLarge as error:
                # The trial's fault, not the storage's: whatever it says, the record is what stands there.
                message = f"its result cannot be read: {error}; write fewer metrics or shorter curves"
                result = TrialResult(outcome=Outcome.FAILED, reason=TrialReason.RESULT_INVALID, message=message)
        log = None
        if result is None or result.outcome == Outcome.FAILED:
            log = await self._log(pod) if pod else None
        return Collected(result, log)

    async def _checkpoints(self, search: SearchView, trials: Sequence[str]) -> dict[str, str | None]:
        """Return the addresses of the newest checkpoints of trials; nothing while they cannot be read."""
        storage = search.spec.storage if search.spec else None
        if storage is None or not trials:
            return {}
        root = storage_location(search.meta, storage).root
        try:
            objects = await self.objects(search, storage)
            keys = await asyncio.gather(*(objects.newest(checkpoint_prefix(root, one), ".json") for one in trials))
        except StorageFault as fault:
            self._health.failed(_health_key(search), fault)
            return {}
        addresses = [f"s3://{storage.bucket}/{key.removesuffix('.json')}.safetensors" if key else None for key in keys]
        return dict(zip(trials, addresses, strict=True))

    async def _log(self, pod: PodView) -> str | None:
        url = path(PODS, pod.meta.namespace, pod.meta.name, "log")
        query = {"container": TRIAL_CONTAINER, "tailLines": LOG_LINES, "limitBytes": "4096"}
        try:
            text: str = await self._client.request("GET", url, query=query, text=True)
        except ApiError:
            # The node or the pod is gone: what Kubernetes kept of the log in the termination message has to do.
            return pod.message or None
        return text


def parse_result(text: str) -> TrialResult | None:
    """Read a result that a trial wrote; None if it is not one (a log, a cut message)."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        return TrialResult.model_validate_json(text)
    except ValidationError as error:
        logger.info("a result is not of the contract's form: %s", error)
        return None


def _is_over(jobs: Sequence[JobView]) -> bool:
    """Whether none of a trial's Jobs will do anything more."""
    return all(job.finished for job in jobs)


def _is_past(trial: TrialView, job: JobView) -> bool:
    return any(attempt.number == job.attempt for attempt in trial.status.attempts)


def _health_key(search: SearchView) -> str:
    return f"{search.meta.uid}/{search.generation}"
