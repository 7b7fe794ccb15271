"""Limits that a policy sets for a namespace: who waits, who is refused, and how both go on when the policy changes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.support.devices import offered
from tests.support.held_trials import HELD, release, release_until
from tests.support.kube import Json, Kube, job_ended
from tests.support.operator_process import Operator
from tests.support.searches import FAULT_IMAGE, check_record, fault_search
from tests.support.waiting import Waiter

from nas_dev.paths import REPOSITORY

pytestmark = pytest.mark.cluster

SetPolicy = Callable[..., None]


@pytest.fixture
def set_policy(kube: Kube) -> Iterator[SetPolicy]:
    """Sets the limits of the test's namespace, in place of those before."""
    name = f"limits-{kube.namespace}"
    selector = {"matchLabels": {"kubernetes.io/metadata.name": kube.namespace}}
    kind = {"apiVersion": "nas-operator.io/v1alpha1", "kind": "NASPolicy", "metadata": {"name": name}}

    def apply(**limits: Any) -> None:
        kube.apply(kind | {"spec": {"namespaceSelector": selector} | limits})

    yield apply
    kube.kubectl("delete", "naspolicy", name, "--ignore-not-found")


@pytest.fixture
def gpu(kube: Kube) -> Iterator[str]:
    with offered(kube, gpu=6) as [name]:
        yield name


def status(kube: Kube) -> Json:
    raw: Json = json.loads(kube.kubectl("get", "naspolicy", f"limits-{kube.namespace}", "--output=json"))
    found: Json = raw.get("status", {})
    return found


def running(kube: Kube) -> dict[str, int]:
    """Return how many Jobs of each search have not ended."""
    counts: dict[str, int] = {}
    for job in kube.list("jobs"):
        if not job_ended(job):
            search = job["metadata"]["labels"]["nas-operator.io/search"]
            counts[search] = counts.get(search, 0) + 1
    return counts


def test_two_searches_share_two_slots_also_over_a_restart(
    kube: Kube, operator: Operator, set_policy: SetPolicy, wait_for: Waiter
) -> None:
    set_policy(maxParallelTrials=2)
    seen: list[dict[str, int]] = []

    def watched() -> dict[str, int]:
        seen.append(running(kube))
        return seen[-1]

    def done() -> bool:
        watched()
        return [kube.status(name)["trials"].get("succeeded") for name in ("first", "second")] == [4, 3]

    kube.apply(fault_search("first", *HELD, trials=4, parallel=4))
    wait_for(lambda: running(kube) == {"first": 2}, 30, "the first search uses both slots")
    kube.apply(fault_search("second", *HELD, trials=3, parallel=4))
    message = wait_for.condition("second", "Progressing", reason="LimitReached")["message"]
    assert f"NASPolicy limits-{kube.namespace} (maxParallelTrials) allows 2 trials" in message
    assert "2 are in use (first 2)" in message
    [pod, _] = [pod["metadata"]["name"] for pod in kube.pods("first")]
    release(kube, [pod], wait_for)
    wait_for(lambda: watched() == {"first": 1, "second": 1}, 30, "each has a slot")
    wait_for(lambda: status(kube).get("trials") == 2, 30, "the policy says what is used")
    assert status(kube)["namespaces"] == [{"name": kube.namespace, "trials": 2, "gpus": 0}]

    operator.crash()
    release_until(kube, wait_for, done, 120, "all trials have succeeded")
    assert max(sum(counts.values()) for counts in seen) <= 2, seen
    check_record(kube.trials("first"), 4)
    check_record(kube.trials("second"), 3)
    wait_for(lambda: status(kube).get("namespaces", []) == [], 30, "nothing is used any more")


def test_a_refused_image_says_so_and_goes_on_when_the_policy_is_changed(
    kube: Kube, operator: Operator, set_policy: SetPolicy, wait_for: Waiter
) -> None:
    set_policy(allowedImages=["registry.example.org/team/"], maxParallelTrials=0)
    kube.apply(fault_search("refused", trials=2))
    message = wait_for.condition("refused", "Accepted", reason="RefusedByPolicy")["message"]
    assert (
        f"does not allow '{FAULT_IMAGE}' in spec.trialTemplate.image; allowed: registry.example.org/team/." in message
    )
    wait_for.events("refused", "RefusedByPolicy")
    assert kube.list("jobs") == []

    set_policy(allowedImages=["localhost/"], maxParallelTrials=0)
    wait_for.condition("refused", "Progressing", reason="LimitReached", timeout=20)
    assert kube.list("jobs") == []

    set_policy(allowedImages=["localhost/"], maxParallelTrials=3)
    wait_for.condition("refused", "Succeeded")


def test_a_server_that_the_policy_does_not_allow_is_not_contacted(
    kube: Kube, operator: Operator, set_policy: SetPolicy, wait_for: Waiter
) -> None:
    set_policy(allowedStorageEndpoints=["s3.example.com"])
    storage = {"bucket": "nas", "endpoint": "http://elsewhere.example.org"}
    kube.apply(fault_search("elsewhere", trials=2, storage=storage))
    message = wait_for.condition("elsewhere", "StorageReady", reason="EndpointNotAllowed")["message"]
    assert message.startswith(f"NASPolicy limits-{kube.namespace} (allowedStorageEndpoints)")
    assert kube.list("jobs") == []


def test_gpu_hours_of_the_month_outlive_searches_and_the_operator(
    kube: Kube, operator: Operator, set_policy: SetPolicy, gpu: str, wait_for: Waiter
) -> None:
    # 64.8 GPU-seconds. Two GPUs for 15 seconds, and one to end, are 32.
    set_policy(maxGPUHoursPerMonth="0.018")
    bounded: Json = {
        "template": {"resources": {"limits": {gpu: 2}}, "terminationGracePeriodSeconds": 1},
        "evaluation": {"maxTrialDuration": "15s"},
    }
    kube.apply(fault_search("month", "--seconds=6", trials=60, parallel=3, **bounded))
    message = wait_for.condition("month", "Progressing", reason="LimitReached", timeout=180)["message"]
    assert f"NASPolicy limits-{kube.namespace} (maxGPUHoursPerMonth) allows 0.018 GPU-hours a month" in message
    assert re.search(r"at the latest on \d{4}-\d\d-01 at 00:00 UTC$", message)
    ended = kube.status("month")["cost"]["gpuSeconds"]
    assert 32 < ended <= 64.8

    # Before the sum is on record, which takes some seconds: what counted goes on from the pods.
    operator.crash()

    def used() -> int:
        return sum(use.get("month", {}).get("gpuSeconds", 0) for use in status(kube).get("namespaces", []))

    wait_for(lambda: used() >= ended - 1, 60, "the sum is on record")
    shown = kube.kubectl("get", "naspolicy", f"limits-{kube.namespace}")
    assert "GPU-HOURS" in shown and "MAX A MONTH" in shown and "0.018" in shown
    kube.delete("nas", "month")
    wait_for(lambda: kube.list("pods") == [], 60, "nothing of the search is left")
    operator.crash()
    kube.apply(fault_search("second", "--seconds=2", trials=2, **bounded))
    wait_for.condition("second", "Progressing", reason="LimitReached", timeout=60)
    assert kube.list("jobs") == [] and used() <= 64.8

    set_policy(maxGPUHoursPerMonth="1")
    wait_for.condition("second", "Succeeded", timeout=120)
    kube.apply(fault_search("unbounded", template=bounded["template"]))
    message = wait_for.condition("unbounded", "Accepted", reason="RefusedByPolicy")["message"]
    assert "add evaluation.maxTrialDuration" in message


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"maxGPUHoursPerMonth": "-1"}, "must be a number of at least 0"),
        ({"maxGPUs": -1}, "should be greater than or equal to 0"),
        ({"allowedStorageEndpoints": ["https://s3.example.com"]}, "must be a server as in storage.allowedEndpoints"),
        ({"allowedImages": ["a b"]}, "must be a digest"),
        ({"allowedNodeSelectors": ["a b"]}, "must be a label's key, or key=value"),
        (
            {"namespaceSelector": {"matchExpressions": [{"key": "team", "operator": "In"}]}},
            "In and NotIn take values, Exists and DoesNotExist take none",
        ),
    ],
)
def test_a_policy_without_sense_is_refused_at_once(kube: Kube, set_policy: SetPolicy, limits: Json, words: str) -> None:
    with pytest.raises(Exception, match=words):
        set_policy(**limits)


def test_the_example_is_accepted(kube: Kube) -> None:
    example = REPOSITORY / "examples" / "policies" / "teams.yaml"
    kube.kubectl("create", "--dry-run=server", "--validate=strict", f"--filename={example}")
