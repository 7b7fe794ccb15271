"""Real training in real pods: PyTorch on digits, with checkpoints in the S3 server."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from safetensors.torch import load
from tests.support.bucket import Bucket
from tests.support.kube import Kube, attempts
from tests.support.searches import check_record, check_replay, small_training
from tests.support.waiting import Waiter

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("trial_image")]


def results(bucket: Bucket) -> list[dict[str, Any]]:
    return [bucket.json(key) for key in bucket.keys("") if key.endswith("/result.json")]


def test_a_search_learns_and_keeps_what_it_learned(kube: Kube, bucket: Bucket, wait_for: Waiter) -> None:
    kube.apply(small_training("learning", bucket, trials=2, epochs=3))
    wait_for.condition("learning", "Succeeded", timeout=180)
    search, trials = kube.search("learning"), kube.trials("learning")
    check_record(trials, 2)
    check_replay(search, trials)
    [best] = search["status"]["best"]
    assert best["metrics"]["val_accuracy"] == max(t["status"]["metrics"]["val_accuracy"] for t in trials)
    assert {"parameters", "flops", "latency_ms", "val_loss"} <= set(best["metrics"])
    assert len({t["status"]["datasetHash"] for t in trials}) == 1
    key = best["checkpoint"].split("/", 3)[3]
    manifest = bucket.json(key.removesuffix(".safetensors") + ".json")
    weights = bucket.get(key)
    assert (manifest["size"], manifest["sha256"]) == (len(weights), hashlib.sha256(weights).hexdigest())
    assert any(name.startswith("network.") for name in load(weights))


def test_a_deleted_pod_goes_on_from_its_checkpoint(kube: Kube, bucket: Bucket, wait_for: Waiter) -> None:
    kube.apply(small_training("outliving", bucket, trials=1, epochs=60))
    wait_for(lambda: [k for k in bucket.keys("") if k.endswith(".json")], 90, "there is a checkpoint")
    [pod] = kube.pods("outliving", "Running")
    kube.kubectl("delete", "pod", pod["metadata"]["name"], "--wait=false")
    wait_for.condition("outliving", "Succeeded", timeout=240)
    [result] = results(bucket)
    assert result["resumedFromEpoch"] >= 1 and result["epochs"] == 60
    [trial] = kube.trials("outliving")
    assert kube.status("outliving")["trials"]["failed"] == 0
    assert attempts(trial) == [(1, "Succeeded")], "the Job replaced its pod: no attempt is lost"


def test_suspending_keeps_all_but_a_damaged_checkpoint(kube: Kube, bucket: Bucket, wait_for: Waiter) -> None:
    kube.apply(small_training("resting", bucket, trials=1, epochs=60))
    wait_for(lambda: [k for k in bucket.keys("") if k.endswith(".json")], 90, "there is a checkpoint")
    kube.patch("resting", suspend=True)
    wait_for.condition("resting", "Suspended", reason="Suspended", timeout=60)
    assert not kube.list("jobs")
    newest = [key for key in bucket.keys("") if key.endswith(".safetensors")][-1]
    bucket.put(newest, bucket.get(newest)[:-1])
    kube.patch("resting", suspend=None)
    wait_for.condition("resting", "Succeeded", timeout=240)
    [result] = results(bucket)
    assert result["resumedFromEpoch"] >= 1 and result["attempt"] == 2

    def warnings() -> list[str]:
        return [event["message"] for event in kube.events("resting") if event["reason"] == "TrialWarning"]

    # Events are written after the status that the search has ended with.
    wait_for(warnings, 30, "the warning is told")
    [told] = warnings()
    stem = newest.rpartition("/")[2].removesuffix(".safetensors")
    assert told.startswith(f"trial resting-00000: checkpoint resting-00000/checkpoints/{stem}.json was skipped")
