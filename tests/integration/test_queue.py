"""Trials in a queue of Kueue: the test does to their Jobs what Kueue does, and nothing but that.

Kueue admits a Job by setting ``spec.suspend`` to false and preempts it by setting it to true again; the Job controller
then deletes the pods.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from tests.support.any_kind import any_kind
from tests.support.bucket import Bucket
from tests.support.kube import Json, Kube, attempts, condition, holds
from tests.support.operator_process import Operator
from tests.support.searches import fault_search, training_search
from tests.support.waiting import Waiter

from nas_dev.paths import REPOSITORY

pytestmark = pytest.mark.cluster

QUEUE = {"labels": {"kueue.x-k8s.io/queue-name": "gpus"}}


BOOST = "kueue.x-k8s.io/priority-boost"


@pytest.fixture
def workloads(kube: Kube, wait_for: Waiter) -> Iterator[None]:
    """The kind Workload of Kueue, without Kueue."""
    with any_kind(kube, wait_for, "Workload", "kueue.x-k8s.io", "v1beta2"):
        yield


def workload_of(job: Json) -> Json:
    """Return the Workload that Kueue makes for a Job."""
    meta = job["metadata"]
    owner = {"apiVersion": "batch/v1", "kind": "Job", "name": meta["name"], "uid": meta["uid"], "controller": True}
    return {
        "apiVersion": "kueue.x-k8s.io/v1beta2",
        "kind": "Workload",
        "metadata": {
            "name": f"job-{meta['name']}",
            "labels": {"kueue.x-k8s.io/job-uid": meta["uid"]},
            "ownerReferences": [owner],
        },
        "spec": {"queueName": "gpus"},
    }


def jobs(kube: Kube) -> dict[str, Json]:
    return {job["metadata"]["name"]: job for job in kube.list("jobs")}


def no_pod_left(kube: Kube, search: str) -> bool:
    return not kube.pods(search)


@pytest.mark.parametrize("args", [(), ("--ignore-sigterm",)], ids=["checkpoints on SIGTERM", "ignores SIGTERM"])
def test_a_trial_waits_starts_when_it_is_admitted_and_is_preempted_without_a_failure(
    args: tuple[str, ...], kube: Kube, wait_for: Waiter
) -> None:
    template = QUEUE | {"terminationGracePeriodSeconds": 1, "maxAttempts": 1}
    kube.apply(fault_search("queued", "--seconds=4", *args, trials=2, parallel=2, template=template))
    waits = wait_for.condition("queued", "Progressing", reason="Queued")
    assert waits["message"] == "2 trials wait in the queue gpus; 0 of 2 trials have ended"
    wait_for.counts("queued", queued=2)
    assert no_pod_left(kube, "queued")
    wait_for(
        lambda: all(condition(trial, "Progressing")["reason"] == "Queued" for trial in kube.trials("queued")),
        20,
        "each trial says that it is queued",
    )

    kube.suspend_job("queued-00000-a1", False)
    wait_for.counts("queued", running=1, queued=1)
    kube.suspend_job("queued-00000-a1", True)
    wait_for(lambda: no_pod_left(kube, "queued"), 60, "the preempted pod is gone")

    def admit() -> bool:
        held = [name for name, job in jobs(kube).items() if job["spec"].get("suspend")]
        for name in held:
            kube.suspend_job(name, False)
        return holds(kube.search("queued"), "Succeeded")

    wait_for(admit, 120, "the search succeeds when the queue admits its Jobs")
    outcomes = [[outcome for _, outcome in attempts(trial)] for trial in kube.trials("queued")]
    assert [of_trial[-1] for of_trial in outcomes] == ["Succeeded", "Succeeded"]
    # A pod that had to be killed has left nothing, so its attempt is lost; one that ended with 75 goes on in its Job.
    assert {outcome for of_trial in outcomes for outcome in of_trial[:-1]} <= ({"Lost"} if args else set())
    assert kube.status("queued")["trials"]["failed"] == 0


def test_a_preempted_training_goes_on_from_its_checkpoint(
    trial_image: str, kube: Kube, bucket: Bucket, wait_for: Waiter
) -> None:
    spec = training_search("trained", bucket, 1, 1, evaluation={"epochs": 20, "batchSize": 16})
    spec["spec"]["trialTemplate"] |= QUEUE
    kube.apply(spec)
    wait_for.condition("trained", "Progressing", reason="Queued")
    kube.suspend_job("trained-00000-a1", False)

    def epochs() -> int:
        return int(next(iter(kube.trials("trained"))).get("status", {}).get("epoch", 0))

    wait_for(lambda: epochs() >= 2, 120, "it trains")
    kube.suspend_job("trained-00000-a1", True)
    wait_for.condition("trained", "Progressing", reason="Queued")
    wait_for(lambda: no_pod_left(kube, "trained"), 60, "its pod is gone")
    kube.suspend_job("trained-00000-a1", False)
    wait_for.condition("trained", "Succeeded", timeout=400)
    [trial] = kube.trials("trained")
    assert attempts(trial) == [(1, "Succeeded")]
    assert trial["status"]["resumedFromEpoch"] >= 2


def test_a_suspended_search_leaves_the_queue_and_comes_back(kube: Kube, wait_for: Waiter) -> None:
    kube.apply(fault_search("paused", trials=1, parallel=1, template=QUEUE))
    wait_for.condition("paused", "Progressing", reason="Queued")
    kube.patch("paused", suspend=True)
    wait_for.condition("paused", "Suspended", reason="Suspended")
    assert not jobs(kube)
    kube.patch("paused", suspend=None)
    wait_for.condition("paused", "Progressing", reason="Queued")
    assert [job["spec"]["suspend"] for job in jobs(kube).values()] == [True]
    kube.suspend_job("paused-00000-a2", False)
    wait_for.condition("paused", "Succeeded", timeout=90)


def test_another_queue_is_taken_by_trials_that_wait(kube: Kube, wait_for: Waiter) -> None:
    kube.apply(fault_search("moved", trials=1, parallel=1, template=QUEUE))
    wait_for.condition("moved", "Progressing", reason="Queued")
    kube.patch("moved", trialTemplate={"labels": {"kueue.x-k8s.io/queue-name": "spot"}})
    wait_for(
        lambda: "in the queue spot" in condition(kube.search("moved"), "Progressing")["message"], 60, "it waits there"
    )
    [job] = jobs(kube).values()
    assert job["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "spot" and job["spec"]["suspend"] is True


def test_the_example_waits_in_its_queue(kube: Kube, wait_for: Waiter) -> None:
    kube.apply_file(REPOSITORY / "examples/16-queue.yaml")
    kube.patch("queued", storage=None)
    wait_for.condition("queued", "Progressing", reason="Queued")
    assert len(jobs(kube)) == 8
    labels = next(iter(jobs(kube).values()))["metadata"]["labels"]
    assert labels["kueue.x-k8s.io/queue-name"] == "team-vision" and labels["kueue.x-k8s.io/priority-class"] == "batch"


def test_a_trial_that_has_saved_nothing_for_long_is_dear_to_preempt(
    kube: Kube, operator: Operator, workloads: None, wait_for: Waiter
) -> None:
    operator.restart(PRIORITY_BOOST_AFTER="6s,15s")
    trial = ("--seconds=2", "--serve", "--hold", "--saved-after=22")
    kube.apply(fault_search("boosted", *trial, trials=1, parallel=1, template=QUEUE))
    name = "boosted-00000-a1"
    wait_for(lambda: name in jobs(kube), 30, "its Job is there")
    kube.apply(workload_of(jobs(kube)[name]))
    kube.suspend_job(name, False)
    seen: list[str | None] = []

    def boost() -> str | None:
        raw = kube.kubectl("get", "workload", f"job-{name}", "--output=json")
        found: str | None = json.loads(raw)["metadata"].get("annotations", {}).get(BOOST)
        if seen[-1:] != [found]:
            seen.append(found)
        return found

    wait_for(lambda: boost() == "2", 60, "it has long saved nothing")
    wait_for(lambda: boost() is None, 60, "it has just saved")
    wait_for(lambda: boost() == "1", 60, "that is a while ago")
    assert seen == [None, "1", "2", None, "1"], "one write for each step"
    # The next operator knows nothing of it.
    operator.crash()
    kube.suspend_job(name, True)
    wait_for(lambda: boost() is None, 60, "one that waits comes before none of its equals")
