"""The Jobs that hold a slot, by namespace, kept while Jobs come and go: to count them no look goes through all Jobs.

The store of Jobs feeds this; it has what was listed after a start, and each Job that a look has just created.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime

from nas_core.records.job import JobView
from nas_operator.kube.store import SearchKey


class UnfinishedJobs:
    """The Jobs of trials that Kubernetes may still do something for."""

    def __init__(self, on_change: Callable[[str], None] = lambda _: None) -> None:
        """``on_change`` is called with the name of a namespace that has one more, or one less."""
        self._on_change = on_change
        self._by_namespace: dict[str, dict[str, JobView]] = defaultdict(dict)
        self._last_start: dict[SearchKey, datetime] = {}

    def see(self, job: JobView) -> None:
        """Take in a Job's newest state."""
        if job.finished:
            self.drop(job)
            return
        jobs = self._by_namespace[job.meta.namespace]
        new = job.meta.name not in jobs
        jobs[job.meta.name] = job
        if new:
            key = job.meta.namespace, job.meta.search or ""
            self._last_start[key] = max(job.created, self._last_start.get(key, job.created))
            self._on_change(job.meta.namespace)

    def drop(self, job: JobView) -> None:
        """Forget a Job that has finished or was removed."""
        jobs = self._by_namespace.get(job.meta.namespace, {})
        if jobs.pop(job.meta.name, None) is None:
            return
        if not jobs:
            del self._by_namespace[job.meta.namespace]
        self._on_change(job.meta.namespace)

    def of(self, namespace: str) -> Iterable[JobView]:
        """Return those of a namespace."""
        return self._by_namespace.get(namespace, {}).values()

    def last_start(self, search: SearchKey) -> datetime | None:
        """Return when a Job of a search was made last, of those that were seen unfinished; None if none was."""
        return self._last_start.get(search)

    def forget(self, search: SearchKey) -> None:
        """Drop what is remembered of a search that is gone."""
        self._last_start.pop(search, None)
