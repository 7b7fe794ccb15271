from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.support.factories import START, raw_job, raw_pod, raw_search, stamp

from nas_core.contract import CHECKPOINT_TIME
from nas_core.records.job import JobView
from nas_core.records.pod import PodView
from nas_core.records.search import read_search
from nas_plan.preemption_cost import boosts
from nas_plan.snapshot import Snapshot

STEPS = (300.0, 3600.0)
NOW = START + timedelta(hours=2)
UID = "uid-s-00000-a1"


def snapshot(ran: timedelta, page: dict[str, float] | None, **job: Any) -> Snapshot:
    """A trial whose container has run so long, and what its page says."""
    raw = raw_job("s-00000")
    raw["metadata"]["labels"] |= {"kueue.x-k8s.io/queue-name": "gpus"}
    running = {"state": {"running": {"startedAt": stamp(NOW - ran)}}, "name": "trial"}
    pod = PodView.of(raw_pod("s-00000-a1", "s-00000", {"phase": "Running", "containerStatuses": [running]}))
    return Snapshot(
        NOW,
        read_search(raw_search()),
        jobs={"s-00000": (replace(JobView.of(raw), **job),)},
        pods={UID: (pod,)},
        latest_metrics=None if page is None else {"s-00000": page},
    )


def saved(ago: timedelta) -> dict[str, float]:
    return {"epoch": 1.0, CHECKPOINT_TIME: (NOW - ago).timestamp()}


@pytest.mark.parametrize(
    ("ran", "page", "boost"),
    [
        (timedelta(hours=2), saved(timedelta(seconds=10)), 0),
        (timedelta(hours=2), saved(timedelta(minutes=5)), 1),
        (timedelta(hours=2), saved(timedelta(minutes=90)), 2),
        (timedelta(minutes=10), {"epoch": 0.0}, 1),
        (timedelta(hours=2), {"epoch": 0.0}, 2),
        (timedelta(minutes=1), saved(timedelta(hours=3)), 0),
        (timedelta(hours=2), {CHECKPOINT_TIME: 1e300}, 0),
        (timedelta(hours=2), {CHECKPOINT_TIME: -1e300}, 2),
    ],
)
def test_the_longer_a_trial_has_saved_nothing_the_dearer_it_is(
    ran: timedelta, page: dict[str, float], boost: int
) -> None:
    assert boosts(snapshot(ran, page), STEPS) == {UID: boost}


def test_of_one_that_cannot_be_read_nothing_is_said() -> None:
    assert boosts(snapshot(timedelta(hours=2), None), STEPS) == {}
    assert boosts(replace(snapshot(timedelta(hours=2), {}), pods={}), STEPS) == {}


def test_one_that_waits_has_no_boost() -> None:
    assert boosts(snapshot(timedelta(hours=2), None, suspended=True), STEPS) == {UID: 0}


@pytest.mark.parametrize("job", [{"complete": True}, {"queue": None}])
def test_only_jobs_that_go_on_in_a_queue_have_one(job: dict[str, Any]) -> None:
    assert boosts(snapshot(timedelta(hours=2), {}, **job), STEPS) == {}
