from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.support.factories import START
from tests.support.policies import pod_of

from nas_operator.kube import gpu_runs
from nas_operator.kube.stores import Stores
from nas_plan.limits.month import Run

END = START + timedelta(minutes=5)


def version(pod: Any, number: int, **meta: Any) -> Any:
    return pod | {"metadata": pod["metadata"] | {"resourceVersion": str(number)} | meta}


def test_a_container_with_gpus_counts_from_its_start() -> None:
    stores = Stores()
    stores.pods.put(pod_of("s", 0, 2))
    stores.pods.put(pod_of("s", 1, 0, START))
    assert stores.gpu_runs.of("ns") == []
    stores.pods.put(version(pod_of("s", 0, 2, START), 2))
    assert stores.gpu_runs.of("ns") == [Run(2, START, None)]
    stores.pods.put(version(pod_of("s", 0, 2, START, END), 3))
    assert stores.gpu_runs.of("ns") == [Run(2, START, END)] and stores.gpu_runs.of("other") == []


def test_one_that_is_gone_is_kept_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    stores = Stores()
    stores.pods.put(pod_of("s", 0, 1, START))
    stores.pods.remove(version(pod_of("s", 0, 1, START, END), 2))
    assert stores.gpu_runs.of("ns") == [Run(1, START, END)]
    monkeypatch.setattr(gpu_runs, "KEPT", timedelta(seconds=-1))
    assert stores.gpu_runs.of("ns") == []


def test_one_of_which_nobody_tells_how_it_ended_ends_when_it_is_seen() -> None:
    stores, before = Stores(), datetime.now(UTC)
    for number in range(2):
        stores.pods.put(pod_of("s", number, 1, START))
    evicted = version(pod_of("s", 0, 1), 2) | {"status": {"phase": "Failed", "reason": "Evicted"}}
    stores.pods.put(evicted)
    stores.pods.remove(version(pod_of("s", 1, 1, START), 2))
    first, second = stores.gpu_runs.of("ns")
    assert first.ended and second.ended and before <= second.ended and before <= first.ended
    # A later state of the same end moves it no more.
    stores.pods.put(version(evicted, 3))
    assert next(iter(stores.gpu_runs.of("ns"))) == first


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu_runs, "MOST_GONE", 3)
    stores = Stores()
    for number in range(6):
        stores.pods.put(pod_of("s", number, number + 1, START))
        stores.pods.remove(version(pod_of("s", number, number + 1, START, END), 2))
    assert [run.gpus for run in stores.gpu_runs.of("ns")] == [4, 5, 6]
