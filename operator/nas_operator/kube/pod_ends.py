"""The last states of pods that are gone: the termination message may be a trial's only result.

A pod may be removed at the moment it ends, before any look at its finished Job: by a clean-up controller, or
`kubectl delete`. The stores of Jobs and pods feed this, and the gatherer reads it.
"""

from __future__ import annotations

from nas_core.records.job import JobView
from nas_core.records.pod import PodView
from nas_operator.newest import Newest

MOST_ENDS = 1024
"""Of the newest Jobs whose pods are gone."""
MOST_OF_JOB = 8
"""Of each the first pods (by node) that were removed last, with a message of at most 4 KiB each; of the others one."""


class PodEnds:
    """By Job the pods that have ended and are gone: the last has the result, and all have cost time."""

    def __init__(self) -> None:
        self._by_job: Newest[str, tuple[PodView, ...]] = Newest(MOST_ENDS)

    def keep(self, pod: PodView) -> None:
        """Keep the last state of a pod that was removed, if its container has ended."""
        if pod.job is not None and pod.exit_code is not None:
            kept = [one for one in self.of_job(pod.job) if one.meta.uid != pod.meta.uid]
            same = [one for one in kept if one.node == pod.node]
            if len(same) >= (1 if pod.node else MOST_OF_JOB):
                kept.remove(same[0])
            self._by_job[pod.job] = (*kept, pod)

    def of_job(self, key: str) -> tuple[PodView, ...]:
        """Return the pods of a Job that are kept, by its `pods_key`."""
        return self._by_job.get(key) or ()

    def drop(self, job: JobView) -> None:
        """Forget the pod of a Job that was removed."""
        self._by_job.pop(job.pods_key, None)
