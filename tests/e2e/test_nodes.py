"""Trainings over several pods, which find one another by the cluster's DNS and talk over its network.

That the weights are those of one pod with as many processes is in `tests/unit/nas_trial/test_pods.py`.
"""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.bucket import Bucket
from tests.support.kube import Json, Kube, attempts
from tests.support.searches import ONE_THREAD, check_record, check_replay, small_training
from tests.support.waiting import Waiter

from nas_core.records.names import INDEX_LABEL

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("trial_image")]


def search(name: str, bucket: Bucket, epochs: int, **template: Any) -> Json:
    nodes = {"terminationGracePeriodSeconds": 20, "resources": ONE_THREAD, "nodes": 2} | template
    return small_training(name, bucket, 1, epochs, trialTemplate=nodes)


def result(bucket: Bucket) -> Json:
    [key] = [key for key in bucket.keys("") if key.endswith("/result.json")]
    return bucket.json(key)


def manifests(bucket: Bucket) -> list[str]:
    return [key for key in bucket.keys("") if "/checkpoints/" in key and key.endswith(".json")]


def running(kube: Kube, name: str) -> dict[int, Json]:
    """The trial's pods that run, by node; none of those that prepare data."""
    pods = [pod for pod in kube.pods(name, "Running") if INDEX_LABEL in pod["metadata"]["labels"]]
    alive = [pod["metadata"] for pod in pods if "deletionTimestamp" not in pod["metadata"]]
    return {int(meta["labels"][INDEX_LABEL]): meta for meta in alive}


def test_two_pods_train_one_candidate_and_go_on_when_one_is_deleted(
    kube: Kube, bucket: Bucket, wait_for: Waiter
) -> None:
    kube.apply(search("divided", bucket, epochs=60))
    wait_for(lambda: manifests(bucket), 240, "there is a checkpoint")
    before = running(kube, "divided")
    assert before.keys() == {0, 1}
    wait_for.counts("divided", running=1)
    [service] = [one for one in kube.list("services") if one["metadata"]["name"] == "nas-divided"]
    assert service["spec"]["clusterIP"] == "None"

    kube.kubectl("delete", "pod", before[1]["name"], "--wait=false")
    wait_for.condition("divided", "Succeeded", timeout=400)
    found, trials = kube.search("divided"), kube.trials("divided")
    check_record(trials, 1)
    check_replay(found, trials)
    assert attempts(trials[0]) == [(1, "Succeeded")], "the Job replaced its pods: no attempt is lost"
    ended = result(bucket)
    assert ended["resumedFromEpoch"] >= 1 and ended["epochs"] == 60


def test_a_pod_that_is_killed_costs_what_came_after_the_last_checkpoint(
    kube: Kube, bucket: Bucket, wait_for: Waiter
) -> None:
    kube.apply(search("killed", bucket, epochs=60))
    wait_for(lambda: manifests(bucket), 240, "there is a checkpoint")
    name = running(kube, "killed")[1]["name"]
    kube.kubectl("delete", "pod", name, "--grace-period=0", "--force", "--wait=false")
    wait_for.condition("killed", "Succeeded", timeout=400)
    [trial] = kube.trials("killed")
    assert result(bucket)["resumedFromEpoch"] >= 1
    assert kube.status("killed")["trials"]["failed"] == 0
    *others, last = attempts(trial)
    assert last[1] == "Succeeded" and {how for _, how in others} <= {"Lost"}
