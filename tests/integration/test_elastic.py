"""What bounds a search: the quota of its namespace, what nodes have, and its budget of GPU-hours."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
from tests.support.kube import Json, Kube
from tests.support.operator_process import Operator
from tests.support.searches import check_record, fault_search
from tests.support.waiting import Waiter

pytestmark = pytest.mark.cluster

DEVICE, GPU = "example.org/slot", "example.org/gpu"
ELASTIC: Json = {"minParallelTrials": 1}


def pods(kube: Kube, phase: str = "Running") -> list[str]:
    """Return the pods of a phase that are not being deleted."""
    found = [pod for pod in kube.list("pods") if "deletionTimestamp" not in pod["metadata"]]
    return [pod["metadata"]["name"] for pod in found if pod["status"]["phase"] == phase]


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
    kube.apply(fault_search("elastic", "--seconds=25", trials=12, parallel=6, budget=ELASTIC))
    wait_for(lambda: len(pods(kube)) == 2, 60, "the quota is used")
    wait_for(lambda: kube.status("elastic").get("parallel", {}).get("trials") == 2, 10, "the status says so")
    assert kube.status("elastic")["parallel"]["boundedBy"] == "ResourceQuota team (pods: 2)"
    assert "TrialsBlocked" not in {event["reason"] for event in kube.events("elastic")}

    set_quota(kube, 4)
    raised = time.monotonic()
    wait_for(lambda: len(kube.list("jobs")) == 4, 10, "more are started")
    assert time.monotonic() - raised < 5
    wait_for(lambda: len(pods(kube)) == 4, 30, "and run")

    before = pods(kube)
    set_quota(kube, 1)
    wait_for(lambda: kube.status("elastic")["parallel"]["trials"] == 1, 5, "the status says so")
    assert pods(kube) == before, "what runs goes on"
    wait_for(lambda: len(pods(kube)) == 1, 60, "nothing takes the place of those that have ended")
    set_quota(kube, 6)
    wait_for.condition("elastic", "Succeeded", timeout=180)
    trials = kube.trials("elastic")
    check_record(trials, 12)
    assert all(len(trial["status"]["attempts"]) == 1 for trial in trials)


@pytest.fixture
def devices(kube: Kube) -> Iterator[None]:
    """Gives the node two devices that nothing else asks for, and six GPUs."""
    # The one with a kubelet, which sets this label: tests beside this one may have added nodes of their own.
    listing = kube.kubectl("get", "nodes", "--selector=kubernetes.io/os", "--output=json")
    [node] = json.loads(listing)["items"]
    name = node["metadata"]["name"]

    def patch(op: str, amounts: dict[str, str]) -> None:
        paths = [(f"/status/capacity/{device.replace('/', '~1')}", count) for device, count in amounts.items()]
        body = json.dumps([{"op": op, "path": path, "value": count} for path, count in paths])
        kube.kubectl("patch", "node", name, "--subresource=status", "--type=json", f"--patch={body}")

    patch("add", {DEVICE: "2", GPU: "6"})
    yield
    patch("remove", {DEVICE: "2", GPU: "6"})


def test_no_more_than_one_trial_waits_for_a_node_in_vain(
    kube: Kube, operator: Operator, devices: None, wait_for: Waiter
) -> None:
    template: Json = {"resources": {"limits": {DEVICE: 1}}}
    kube.apply(fault_search("nodes", "--seconds=6", trials=8, parallel=8, budget=ELASTIC, template=template))

    def waits() -> bool:
        assert len(pods(kube, "Pending")) <= 2
        return "Insufficient example.org/slot" in kube.status("nodes").get("parallel", {}).get("boundedBy", "")

    wait_for(waits, 60, "the third and fourth have no node")
    assert kube.status("nodes")["parallel"]["trials"] <= 4
    wait_for.condition("nodes", "Succeeded", timeout=180)
    check_record(kube.trials("nodes"), 8)


def test_no_more_gpu_hours_are_used_than_the_budget_has(
    kube: Kube, operator: Operator, devices: None, wait_for: Waiter
) -> None:
    # 72 GPU-seconds. Two GPUs for 10 seconds, and 5 to end, are 30: two trials at first, then as many as fit.
    template: Json = {"resources": {"limits": {GPU: 2}}}
    budget: Json = {"maxGPUHours": "0.02"}
    evaluation: Json = {"maxTrialDuration": "10s"}
    kube.apply(
        fault_search(
            "gpus", "--seconds=2", trials=60, parallel=3, budget=budget, template=template, evaluation=evaluation
        )
    )
    wait_for(lambda: len(kube.list("jobs")) >= 2, 60, "the first are started")
    assert [job["spec"]["activeDeadlineSeconds"] for job in kube.list("jobs")][:2] == [10, 10]
    operator.crash()
    ended = wait_for.condition("gpus", "Succeeded", reason="GpuBudgetSpent", timeout=180)
    assert "of 0.02 GPU-hours (budget.maxGPUHours) are spent" in ended["message"]
    spent = kube.status("gpus")["cost"]["gpuSeconds"]
    assert 20 < spent <= 72
    done = kube.status("gpus")["trials"]["succeeded"]
    kube.kubectl("patch", "nas", "gpus", "--type=merge", '--patch={"spec":{"budget":{"maxGPUHours":"0.03"}}}')
    wait_for(lambda: kube.status("gpus")["trials"]["succeeded"] > done, 60, "it goes on")
    wait_for.condition("gpus", "Succeeded", reason="GpuBudgetSpent", timeout=180)
    assert spent < kube.status("gpus")["cost"]["gpuSeconds"] <= 108
