"""Which search, shared space, model or policy needs a look when an object changes. Between stores and queues."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from nas_core.records.search import ReadableSearch, SearchView
from nas_operator.kube.job_kinds import NO_KINDS, Kinds
from nas_operator.kube.store import SearchKey
from nas_operator.kube.stores import Stores
from nas_operator.kube.work_queue import WorkQueue
from nas_operator.limits.reservations import Reservations

ALL: SearchKey = ("", "")
STATUS_DELAY_S = 5.0
"""Seconds after which the first change since is in a policy's status."""


class Triggers:
    """The stores, and the queues that their changes fill."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC), kinds: Kinds = NO_KINDS) -> None:
        """``now`` is the API server's time; ``kinds`` are those that trials may run as beside Jobs."""
        self.searches: WorkQueue[SearchKey] = WorkQueue()
        self.spaces: WorkQueue[SearchKey] = WorkQueue()
        self.models: WorkQueue[SearchKey] = WorkQueue()
        self.publishers: WorkQueue[SearchKey] = WorkQueue()
        """Searches that may have a model to publish."""
        self.trackers: WorkQueue[SearchKey] = WorkQueue()
        """Searches of which servers for experiments may lack something."""
        self.policies: WorkQueue[SearchKey] = WorkQueue()
        """Policies whose status may have changed."""
        self.limits: WorkQueue[SearchKey] = WorkQueue()
        """Holds one key: whether policies or namespaces have changed."""
        self.stores = Stores(
            self.searches.add,
            self._space_changed,
            self._search_changed,
            self._model_changed,
            lambda _: self.limits.add(ALL),
            self._use_changed,
            self._quota_changed,
            kinds,
        )
        self.reservations = Reservations(self.stores, self.searches.add, now)
        self._asked: dict[SearchKey, object] = {}
        """What is asked of each search that is known: its UID and generation, and whether it is being deleted."""

    def _search_changed(self, key: SearchKey) -> None:
        """Look at a search that has changed: at once if what is asked of it has, else when its backoff is over."""
        search = self.stores.searches.get(*key)
        asked = (search.meta.uid, search.generation, search.meta.deleting) if search else None
        known = self._asked.pop(key, None)
        if asked is not None:
            self._asked[key] = asked
        self.publishers.add(key)
        self.trackers.add(key)
        if search is None or self._has_left(search):
            for user in self.stores.searches_using(key):
                self.searches.add(user)
        # What we write ourselves, the status, comes back as a change too.
        (self.searches.add if asked == known else self.searches.renew)(key)

    def _model_changed(self, key: SearchKey) -> None:
        self.models.add(key)
        model = self.stores.models.get(*key)
        if model and model.status.lineage:
            self.trackers.add((key[0], model.status.lineage.search))
        for search in self.stores.searches_starting_from(key):
            self.searches.add(search)

    def _use_changed(self, namespace: str) -> None:
        self.reservations.changed(namespace)
        for policy in self.reservations.policies_of(namespace) if self.stores.namespaces.get("", namespace) else ():
            # Not at once: the status of a policy is for people, and Jobs come and go all the time.
            self.policies.add_after(policy.meta.key, STATUS_DELAY_S)

    def _quota_changed(self, namespace: str) -> None:
        """Look at the searches whose number of parallel trials goes by quotas."""
        for search in self.stores.searches.all():
            asked = search.spec.budget.min_parallel_trials if isinstance(search, ReadableSearch) else None
            if search.meta.namespace == namespace and asked is not None and search.status.completion_time is None:
                self.searches.add(search.meta.key)

    @staticmethod
    def _has_left(search: SearchView) -> bool:
        """Whether others may use shared weights or results of a search: these when it has ended."""
        shares = isinstance(search, ReadableSearch) and search.spec.evaluation.supernet is not None
        return shares or search.status.completion_time is not None

    def _space_changed(self, key: SearchKey) -> None:
        # Despite a backoff: the store passes over a space's status, so what has changed is what is asked of it.
        self.spaces.renew(key)
        for search in self.stores.searches_in(key):
            self.searches.renew(search)
