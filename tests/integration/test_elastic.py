"""What bounds a search: the quota of its namespace, what nodes have, and its budget of GPU-hours."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.support.devices import offered
from tests.support.held_trials import HELD, release, release_all, release_until, running
from tests.support.kube import Json, Kube, holds, job_ended
from tests.support.operator_process import Operator
from tests.support.searches import check_record, fault_search
from tests.support.waiting import Waiter

pytestmark = pytest.mark.cluster

ELASTIC: Json = {"minParallelTrials": 1}


def set_quota(kube: Kube, count: int) -> None:
    kube.apply(
        {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": {"name": "team"},
            "spec": {"hard": {"pods": str(count)}},
        }
    )


def test_the_number_of_trials_follows_the_quota_both_ways(kube: Kube, operator: Operator, wait_for: Waiter) -> None:
    set_quota(kube, 2)
    kube.apply(fault_search("elastic", *HELD, trials=6, parallel=6, budget=ELASTIC))
    wait_for(lambda: len(running(kube)) == 2, 60, "the quota is used")
    wait_for(lambda: kube.status("elastic").get("parallel", {}).get("trials") == 2, 30, "the status says so")
    assert kube.status("elastic")["parallel"]["boundedBy"] == "ResourceQuota team (pods: 2)"
    assert "TrialsBlocked" not in {event["reason"] for event in kube.events("elastic")}

    set_quota(kube, 4)
    wait_for(lambda: len(running(kube)) == 4, 60, "more are started")

    before = running(kube)
    set_quota(kube, 1)
    wait_for(lambda: kube.status("elastic")["parallel"]["trials"] == 1, 30, "the status says so")
    assert running(kube) == before, "what runs goes on"
    release(kube, before[:3], wait_for)
    wait_for.counts("elastic", succeeded=3)
    assert len([job for job in kube.list("jobs") if not job_ended(job)]) == 1, "nothing takes their place"
    set_quota(kube, 6)
    release_all(kube, wait_for, "elastic")
    trials = kube.trials("elastic")
    check_record(trials, 6)
    assert all(len(trial["status"]["attempts"]) == 1 for trial in trials)


@pytest.fixture
def slot(kube: Kube) -> Iterator[str]:
    """A device of which the node has two."""
    with offered(kube, slot=2) as [name]:
        yield name


@pytest.fixture
def gpu(kube: Kube) -> Iterator[str]:
    with offered(kube, gpu=6) as [name]:
        yield name


def test_no_more_than_one_trial_waits_for_a_node_in_vain(
    kube: Kube, operator: Operator, slot: str, wait_for: Waiter
) -> None:
    template: Json = {"resources": {"limits": {slot: 1}}}
    kube.apply(fault_search("nodes", *HELD, trials=6, parallel=6, budget=ELASTIC, template=template))

    def waiting() -> int:
        return len([pod for pod in kube.list("pods") if pod["status"]["phase"] == "Pending"])

    def waits() -> bool:
        assert waiting() <= 2
        return f"Insufficient {slot}" in kube.status("nodes").get("parallel", {}).get("boundedBy", "")

    def ended() -> bool:
        assert waiting() <= 2
        return holds(kube.search("nodes"), "Succeeded")

    wait_for(waits, 60, "the third and fourth have no node")
    assert kube.status("nodes")["parallel"]["trials"] <= 4
    release_until(kube, wait_for, ended, 180, "it succeeds")
    check_record(kube.trials("nodes"), 6)


def test_no_more_gpu_hours_are_used_than_the_budget_has(
    kube: Kube, operator: Operator, gpu: str, wait_for: Waiter
) -> None:
    # 64.8 GPU-seconds. Two GPUs for 15 seconds, and one to end, are 32: two trials at first, then as many as fit.
    template: Json = {"resources": {"limits": {gpu: 2}}, "terminationGracePeriodSeconds": 1}
    budget: Json = {"maxGPUHours": "0.018"}
    evaluation: Json = {"maxTrialDuration": "15s"}
    kube.apply(
        fault_search(
            "gpus", "--seconds=6", trials=60, parallel=3, budget=budget, template=template, evaluation=evaluation
        )
    )
    wait_for(lambda: len(kube.list("jobs")) >= 2, 60, "the first are started")
    assert [job["spec"]["activeDeadlineSeconds"] for job in kube.list("jobs")][:2] == [15, 15]
    operator.crash()
    ended = wait_for.condition("gpus", "Succeeded", reason="GpuBudgetSpent", timeout=180)
    assert "of 0.018 GPU-hours (budget.maxGPUHours) are spent" in ended["message"]
    spent = kube.status("gpus")["cost"]["gpuSeconds"]
    assert 20 < spent <= 64.8
    done = kube.status("gpus")["trials"]["succeeded"]
    kube.kubectl("patch", "nas", "gpus", "--type=merge", '--patch={"spec":{"budget":{"maxGPUHours":"0.027"}}}')
    wait_for(lambda: kube.status("gpus")["trials"]["succeeded"] > done, 60, "it goes on")
    wait_for.condition("gpus", "Succeeded", reason="GpuBudgetSpent", timeout=180)
    assert spent < kube.status("gpus")["cost"]["gpuSeconds"] <= 97.2
