"""One store for each kind of object that the operator watches. The watches feed them, the gatherer reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import chain

from nas_core.records.job import JobView
from nas_core.records.model import ModelView
from nas_core.records.names import EXPORT
from nas_core.records.pod import PodView
from nas_core.records.policy import NamespaceView, PolicyView
from nas_core.records.quota import QuotaView
from nas_core.records.search import read_search
from nas_core.records.space import SpaceView
from nas_core.records.trial import TrialView
from nas_operator.kube.gpu_runs import GpuRuns
from nas_operator.kube.job_kinds import NO_KINDS, Kinds
from nas_operator.kube.pod_ends import PodEnds
from nas_operator.kube.store import SearchKey, Store
from nas_operator.kube.unfinished_jobs import UnfinishedJobs

_OF_ALL = ""
"""In the place of a search's name, for what belongs to all searches of a namespace."""


class Stores:
    """The views of everything the watches see. ``on_change`` gets the key of a search that wants a look, ``on_search``
    that of one that has changed itself; ``on_space`` the key of a shared space, ``on_model`` that of a model.
    ``on_limits`` is called when policies or namespaces have changed, ``on_use`` with the name of a namespace in which
    one more Job holds a slot, or one less, ``on_quota`` with that of one in which a quota has changed. ``kinds`` are
    those that trials may run as beside Jobs.
    """

    def __init__(
        self,
        on_change: Callable[[SearchKey], None] = lambda _: None,
        on_space: Callable[[SearchKey], None] = lambda _: None,
        on_search: Callable[[SearchKey], None] | None = None,
        on_model: Callable[[SearchKey], None] = lambda _: None,
        on_limits: Callable[[SearchKey], None] = lambda _: None,
        on_use: Callable[[str], None] = lambda _: None,
        on_quota: Callable[[str], None] = lambda _: None,
        kinds: Kinds = NO_KINDS,
    ) -> None:
        self.unfinished = UnfinishedJobs(on_use)
        self.searches = Store(
            read_search,
            on_search or on_change,
            lambda view: view.meta.name,
            on_gone=lambda view: self.unfinished.forget(view.meta.key),
        )
        self.trials = Store(TrialView.of, on_change)
        self.ends = PodEnds()
        self.jobs = Store(JobView.of, on_change, on_gone=self._job_gone, on_seen=self.unfinished.see)
        self.of_kinds = {
            name: Store(kind.view, on_change, on_gone=self._job_gone, on_seen=self.unfinished.see)
            for name, kind in kinds.items()
        }
        """What trials of other kinds run as, by the kind's name."""
        self.gpu_runs = GpuRuns()
        self.pods = Store(PodView.of, on_change, on_gone=self._pod_gone, on_seen=self.gpu_runs.see)
        self.spaces = Store(SpaceView.of, on_space, lambda view: view.meta.name)
        self.models = Store(ModelView.of, on_model, lambda view: view.meta.name)
        self.exports = Store(JobView.of, on_model, lambda view: view.meta.name.removesuffix(EXPORT))
        """The Jobs that make models."""
        self.policies = Store(PolicyView.of, on_limits, lambda view: view.meta.name)
        self.namespaces = Store(NamespaceView.of, on_limits, lambda view: view.meta.name)
        self.quotas = Store(QuotaView.of, lambda key: on_quota(key[0]), lambda _: _OF_ALL)

    def quotas_of(self, namespace: str) -> tuple[QuotaView, ...]:
        """Return the ResourceQuotas of a namespace."""
        return self.quotas.of_search((namespace, _OF_ALL))

    def without_pod(self, namespace: str) -> int:
        """Return how many Jobs of trials in a namespace have not ended and have no pod yet."""
        jobs = list(self.unfinished.of(namespace))
        searches = {job.meta.search for job in jobs if job.meta.search}
        made = {pod.job for name in searches for pod in self.pods.of_search((namespace, name)) if not pod.ended}
        return sum(job.pods_key not in made for job in jobs)

    def jobs_of(self, search: SearchKey) -> Iterable[JobView]:
        """Return the Jobs of a search, and what it has of other kinds."""
        return chain(self.jobs.of_search(search), *(store.of_search(search) for store in self.of_kinds.values()))

    def _pod_gone(self, pod: PodView) -> None:
        self.ends.keep(pod)
        self.gpu_runs.end(pod)

    def _job_gone(self, job: JobView) -> None:
        self.ends.drop(job)
        self.unfinished.drop(job)

    def searches_in(self, space: SearchKey) -> list[SearchKey]:
        """Return the keys of the searches that refer to a shared space (its namespace and name)."""
        namespace, name = space
        return [
            search.meta.key
            for search in self.searches.all()
            if search.meta.namespace == namespace and search.space_ref == name
        ]

    def searches_starting_from(self, model: SearchKey) -> list[SearchKey]:
        """Return the keys of the searches that start from the weights of a model (its namespace and name)."""
        namespace, name = model
        return [
            search.meta.key
            for search in self.searches.all()
            if search.meta.namespace == namespace and search.model_ref == name
        ]

    def searches_using(self, source: SearchKey) -> list[SearchKey]:
        """Return the keys of those that use weights, results or candidates of a search (its namespace and name)."""
        namespace, name = source
        return [
            search.meta.key
            for search in self.searches.all()
            if search.meta.namespace == namespace
            and (
                search.supernet_ref == name
                or name in search.earlier_refs
                or any(one.search == name for one in search.injections)
            )
        ]
