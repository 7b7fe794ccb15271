"""Gathers what exists of one search for the plan: from the stores, and by requests.

The requests run beside the looks: `nas_operator.searches.collect` reads results and checks the storage,
`nas_operator.searches.live_readings` reads running pods. A fault of one is in the snapshot; none stops a look.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import chain

from nas_core.api.storage import Storage
from nas_core.records.conditions import is_true
from nas_core.records.job import JobView
from nas_core.records.ledger import Segment
from nas_core.records.pod import PodView, ended_beside_others, past_deadline
from nas_core.records.search import SearchView, UnreadableSearch
from nas_core.records.trial import TrialView
from nas_core.states import ConditionType
from nas_operator.errors import LedgerUnreadable
from nas_operator.kube.stores import Stores
from nas_operator.limits.reservations import Reservations
from nas_operator.searches.collect import Collector
from nas_operator.searches.knowledge import KnowledgeReader
from nas_operator.searches.live_readings import LiveReader
from nas_operator.storage.ledgers import Ledgers
from nas_operator.trials import Trials
from nas_plan.earlier import Source, unread
from nas_plan.injected import untried
from nas_plan.limits.rules import refusal
from nas_plan.look import prepared_data
from nas_plan.resolve import resolve
from nas_plan.snapshot import Snapshot
from nas_storage.faults import StorageFault


class Gatherer:
    """Makes snapshots."""

    def __init__(
        self,
        stores: Stores,
        collector: Collector,
        ledgers: Ledgers,
        live: LiveReader,
        knowledge: KnowledgeReader,
        reservations: Reservations,
        trial_image: str,
    ) -> None:
        """``trial_image``: that of trials whose search names none."""
        self._stores, self._collector, self._live = stores, collector, live
        self._knowledge = knowledge
        self._ledgers, self._trials = ledgers, Trials(stores, ledgers)
        self._reservations, self._trial_image = reservations, trial_image

    def forget(self, search_uid: str) -> None:
        """Drop what is remembered of a search that is gone."""
        self._collector.forget(search_uid)
        self._ledgers.forget(search_uid)
        self._live.forget(search_uid)
        self._knowledge.forget(search_uid)

    async def empty(self, search: SearchView, storage: Storage) -> tuple[int, bool] | None:
        """Delete objects of a search, as :meth:`Collector.empty` does; None also while a segment is on its way."""
        if self._ledgers.writes(search.meta.uid):
            return None
        return await self._collector.empty(search, storage)

    def keep(self, search: SearchView, segment: Segment) -> None:
        """Have a segment of a search's ledger put; a later snapshot tells that it is there."""
        self._ledgers.put(search, segment)

    async def snapshot(self, search: SearchView, now: datetime, refresh: bool) -> Snapshot | None:
        """Gather everything known of a search; None while its storage has never answered, good or bad.

        ``refresh`` has the newest metrics and what Events say read for a later look.

        Raises:
            LedgerUnreadable: if its ledger, or that of a search that it learns from, cannot be read.
            LedgerNotRead: while that of the latter is being read.
        """
        if isinstance(search, UnreadableSearch):
            return Snapshot(now, search)
        if not await self._ledgers.read(search):
            return None
        trials = self._trials.of(search)
        search = await self._resolved(search, trials)
        jobs = self._owned_jobs(search, trials)
        pods = self._owned_pods(search, chain.from_iterable(jobs.values()))
        if isinstance(search, UnreadableSearch):
            return Snapshot(now, search, trials, jobs, pods)
        leftovers = self._leftovers(search, jobs)
        unrecorded = {trial.meta.name for trial in trials if not trial.recorded}
        # Of each trial the newest Job: what earlier attempts have left is on record.
        current = [attempts[-1] for name, attempts in jobs.items() if name in unrecorded]
        by_name = {trial.meta.name: trial for trial in trials}
        # Only of finished Jobs: while one goes on, Kubernetes makes another pod in the place of one that is gone.
        pods |= {
            j.meta.uid: (*pods.get(j.meta.uid, ()), *self._stores.ends.of_job(j.pods_key))
            for j in current
            if j.finished
        }
        over = [j for j in current if _ends(j, pods.get(j.meta.uid, ()), now)]
        finished = [j for j in over if not _is_past(by_name[j.trial], j)]
        if refresh:
            self._live.start(search, current, pods, now)
        left = [
            trial.meta.name
            for trial in trials
            if trial.writes_checkpoint and trial.meta.name not in leftovers and _is_over(jobs.get(trial.meta.name, ()))
        ]
        dropping = [trial for trial in trials if trial.drops_checkpoints and trial.meta.name not in leftovers]
        found = await self._collector.collect(search, finished, pods, left)
        if found is None:
            return None
        fault, kept = found.fault, None
        try:
            kept = await self._ledgers.kept(search, frozenset(self._trials.objects(search)))
            if fault is None:
                known = await self._knowledge.add(search, trials)
                if isinstance(known, UnreadableSearch):
                    return Snapshot(now, known, trials, jobs, pods)
                search = known
        except StorageFault as late:
            fault = self._collector.failed(search, late)
        live = self._live.take(search.meta.uid)
        policies = self._reservations.policies_of(search.meta.namespace)
        refused = refusal(policies, search.spec, self._trial_image)
        elastic = search.spec.budget.min_parallel_trials is not None
        return Snapshot(
            now=now,
            search=search,
            trials=trials,
            jobs=jobs,
            pods=pods,
            leftovers=leftovers,
            collected=found.collected,
            checkpoints=found.checkpoints,
            dropped=await self._collector.drop(search, dropping),
            exported=self._exported(search),
            denied_pods=live.denied_pods if live else None,
            pod_events=live.pod_events if live else None,
            latest_metrics=live.latest_metrics if live else None,
            ledger=kept,
            storage_fault=fault,
            refusal=refused,
            quotas=self._stores.quotas_of(search.meta.namespace) if elastic else (),
            without_pod=self._stores.without_pod(search.meta.namespace) if elastic else 0,
            # Last of all: it is kept for this search until its plan has been carried out.
            room=None if refused else self._reservations.room(search),
        )

    def _exported(self, search: SearchView) -> frozenset[str]:
        """Return the trials of which a model is being made: until it is ready, or never will be, it reads weights."""
        if search.storage is None or search.storage.checkpoint_policy == "All":
            return frozenset()
        over = (ConditionType.READY, ConditionType.STALLED)
        return frozenset(
            model.spec.source.trial
            for model in self._stores.models.all()
            if model.meta.namespace == search.meta.namespace
            and not any(is_true(model.status.conditions, kind) for kind in over)
        )

    async def _resolved(self, search: SearchView, trials: Sequence[TrialView]) -> SearchView:
        name = search.space_ref
        space = self._stores.spaces.get(search.meta.namespace, name) if name else None
        # Of the same namespace only: whose weights these are is for its users to decide.
        shared = search.supernet_ref
        source = self._stores.searches.get(search.meta.namespace, shared) if shared else None
        earlier: dict[str, Source] = {}
        for named in unread(search, trials):
            one = self._stores.searches.get(search.meta.namespace, named)
            if one is not None:
                await self._ledgers.read(one)
            earlier[named] = (one, self._trials.of(one) if one else ())
        asked = untried(search, trials)
        sources = {name: await self._source(search.meta.namespace, name) for name in {one.search for one in asked}}
        injections = [(one, sources[one.search]) for one in asked]
        wanted = search.model_ref
        model = self._stores.models.get(search.meta.namespace, wanted) if wanted else None
        return resolve(search, space, prepared_data(search, trials), source, earlier, injections, model)

    async def _source(self, namespace: str, name: str) -> Source:
        """Return a search of which a candidate is to be tried, and its trials."""
        one = self._stores.searches.get(namespace, name)
        if one is None:
            return None, ()
        try:
            await self._ledgers.read(one)
        except LedgerUnreadable as fault:
            # Other than results that it learns from, a search can go on without this candidate.
            return one.unreadable(str(fault)), ()
        return one, self._trials.of(one)

    def _owned_jobs(self, search: SearchView, trials: Iterable[TrialView]) -> dict[str, tuple[JobView, ...]]:
        uids = {trial.meta.uid for trial in trials}
        jobs: dict[str, list[JobView]] = defaultdict(list)
        for job in self._stores.jobs_of(search.meta.key):
            if job.meta.owner_uid in uids:
                jobs[job.trial].append(job)
        return {name: tuple(sorted(found, key=lambda j: j.attempt)) for name, found in jobs.items()}

    def _owned_pods(self, search: SearchView, jobs: Iterable[JobView]) -> dict[str, tuple[PodView, ...]]:
        pods: dict[str, list[PodView]] = defaultdict(list)
        for pod in self._stores.pods.of_search(search.meta.key):
            if pod.job:
                pods[pod.job].append(pod)
        return {job.meta.uid: tuple(pods[job.pods_key]) for job in jobs if job.pods_key in pods}

    def _leftovers(self, search: SearchView, jobs: dict[str, tuple[JobView, ...]]) -> frozenset[str]:
        known = {job.pods_key for attempts in jobs.values() for job in attempts}
        pods = self._stores.pods.of_search(search.meta.key)
        return frozenset(pod.trial for pod in pods if not pod.ended and pod.job not in known)


def _is_over(jobs: Sequence[JobView]) -> bool:
    """Whether none of a trial's Jobs will do anything more."""
    return all(job.finished for job in jobs)


def _ends(job: JobView, pods: Sequence[PodView], now: datetime) -> bool:
    """Whether an attempt is judged by what it has left."""
    return job.finished or past_deadline(job, pods, now) or ended_beside_others(pods, now) is not None


def _is_past(trial: TrialView, job: JobView) -> bool:
    return any(attempt.number == job.attempt for attempt in trial.status.attempts)
