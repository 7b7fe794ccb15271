"""What it would cost to preempt a trial that runs: the training since its last checkpoint, as a boost of its priority.

A queue that has to take a running Job away takes, of equals, one that loses little. Kueue adds the boost to the
priority of the Job's Workload (KEP-7990). So it is small, to stay between equals; it is never negative, as a Job that
waits has none and could else take the place of one that runs; and one that waits has none, as it would come before
its equals.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from nas_core.contract import CHECKPOINT_TIME
from nas_core.records.job import JobView
from nas_core.records.pod import PodView
from nas_plan.snapshot import Snapshot


def boosts(snapshot: Snapshot, steps: Sequence[float]) -> dict[str, int]:
    """Return the boost of each Job that has a queue, by UID; one of which too little is known is not there.

    Args:
        snapshot: of a search.
        steps: ascending, in seconds: one for each that the training since the last checkpoint has reached.
    """
    live, found = snapshot.latest_metrics or {}, {}
    for job in (job for attempts in snapshot.jobs.values() for job in attempts):
        if job.queue is None or job.finished or job.meta.deleting:
            continue
        boost = _boost(job, snapshot.pods.get(job.meta.uid, ()), live.get(job.trial), steps, snapshot.now)
        if boost is not None:
            found[job.meta.uid] = boost
    return found


def _boost(
    job: JobView, pods: Sequence[PodView], newest: Mapping[str, float] | None, steps: Sequence[float], now: datetime
) -> int | None:
    if job.suspended:
        return 0
    started = next((pod.started for pod in pods if pod.runs and pod.started), None)
    # A page that could not be read says nothing: its trial may have saved a moment ago.
    if started is None or newest is None:
        return None
    # The trial says when it saved. Without that all is lost that it has done in this pod.
    saved = min(newest.get(CHECKPOINT_TIME, 0.0), now.timestamp())
    lost = now.timestamp() - max(saved, started.timestamp())
    return sum(lost >= step for step in steps)
