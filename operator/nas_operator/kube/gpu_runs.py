"""The pods of trials with GPUs that have run, by namespace: what policies count of a month (`nas_plan.limits.month`).

The store of pods feeds this. A pod that is gone is kept until the policies' statuses must have counted it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from nas_core.records.pod import PodView
from nas_plan.limits.month import Run

KEPT = timedelta(hours=1)
"""How long a pod that is gone is kept: policies count every minute, and write again after a fault."""
MOST_GONE = 10_000
"""Pods of a namespace that are gone and kept: those that went last."""


class GpuRuns:
    """By namespace and UID of the pod."""

    def __init__(self) -> None:
        self._there: dict[str, dict[str, Run]] = defaultdict(dict)
        self._gone: dict[str, dict[str, tuple[datetime, Run]]] = defaultdict(dict)
        """With the time when it went, by the operator's own clock."""

    def see(self, pod: PodView) -> None:
        """Take in a pod's newest state."""
        known = self._there.get(pod.meta.namespace, {}).get(pod.meta.uid)
        started = pod.started or (known.started if known else None)
        if not pod.gpus or started is None:
            return
        ended = pod.finished
        if ended is None and pod.ended:
            # An eviction, or a node that is gone: nobody tells how its container has ended.
            ended = (known and known.ended) or datetime.now(UTC)
        self._there[pod.meta.namespace][pod.meta.uid] = Run(pod.gpus, started, ended)

    def end(self, pod: PodView) -> None:
        """Take note that a pod was removed; ``pod`` is its last state."""
        self.see(pod)
        namespace, now = pod.meta.namespace, datetime.now(UTC)
        there = self._there.get(namespace, {})
        run = there.pop(pod.meta.uid, None)
        if not there:
            self._there.pop(namespace, None)
        if run is None:
            return
        # Nobody may have been told how it ended: that of a node that is gone.
        end = run.ended or min(pod.meta.deleted_at or now, now)
        gone = self._gone[namespace]
        gone[pod.meta.uid] = now, replace(run, ended=end)
        if len(gone) > MOST_GONE:
            del gone[next(iter(gone))]

    def of(self, namespace: str) -> Iterable[Run]:
        """Return those of a namespace."""
        gone = self._gone.get(namespace, {})
        past = datetime.now(UTC) - KEPT
        # In the order in which they went.
        while gone and next(iter(gone.values()))[0] < past:
            del gone[next(iter(gone))]
        if not gone:
            self._gone.pop(namespace, None)
        return [*self._there.get(namespace, {}).values(), *(run for _, run in gone.values())]
