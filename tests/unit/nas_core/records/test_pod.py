from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.support.factories import START, raw_job, raw_pod, stamp

from nas_core.records.job import JobView
from nas_core.records.pod import OTHERS_GRACE, PodView, ended_beside_others, telling_pod

LATER = START + timedelta(minutes=1)


def container(**state: Any) -> dict[str, Any]:
    return {"containerStatuses": [{"name": "trial", "imageID": "sha256:1", "state": state}]}


ENDED = {"terminated": {"startedAt": stamp(START), "finishedAt": stamp(START), "exitCode": 0}}


def node(number: int, **changes: Any) -> PodView:
    """A pod of one of several nodes; it has ended after so many seconds as ``after`` says."""
    raw = raw_pod("s-00000-a1", "s-00000", {"phase": "Failed"}, name=f"s-00000-a1-{number}-x")
    raw["metadata"]["labels"]["batch.kubernetes.io/job-completion-index"] = str(number)
    after = timedelta(seconds=changes.pop("after", 10))
    return replace(PodView.of(raw), started=START, finished=START + after, **changes)


def gone(number: int, **changes: Any) -> PodView:
    pod = node(number, **changes)
    return replace(pod, meta=replace(pod.meta, deleted_at=START), stop_asked=START)


def test_a_pod_that_waits() -> None:
    unschedulable = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes"}
    found = PodView.of(raw_pod("s-00000-a1", "s-00000", {"phase": "Pending", "conditions": [unschedulable]}))
    assert (found.phase, found.unschedulable, found.ended) == ("Pending", "0/3 nodes", False)
    waiting = container(waiting={"reason": "ImagePullBackOff", "message": "no such image"})
    found = PodView.of(raw_pod("s-00000-a1", "s-00000", {"phase": "Pending", **waiting}))
    assert (found.waiting, found.waiting_message, found.unschedulable) == ("ImagePullBackOff", "no such image", None)


def test_a_pod_that_runs() -> None:
    status = {"phase": "Running", "podIP": "10.0.0.9", **container(running={"startedAt": stamp(START)})}
    found = PodView.of(raw_pod("s-00000-a1", "s-00000", status))
    assert (found.job, found.trial, found.ip, found.started) == ("uid-s-00000-a1", "s-00000", "10.0.0.9", START)
    assert found.exit_code is None and not found.ended and found.image_id == "sha256:1"


def test_a_pod_that_has_ended() -> None:
    terminated = {
        "startedAt": stamp(START),
        "finishedAt": stamp(LATER),
        "exitCode": 137,
        "reason": "OOMKilled",
        "message": "{}",
    }
    found = PodView.of(raw_pod("s-00000-a1", "s-00000", {"phase": "Failed", **container(terminated=terminated)}))
    assert (found.started, found.finished, found.exit_code) == (START, LATER, 137)
    assert (found.exit_reason, found.message, found.ended) == ("OOMKilled", "{}", True)


def test_a_sidecar_that_is_listed_first_is_not_the_trial() -> None:
    proxy = {"name": "istio-proxy", "imageID": "sha256:2", "state": {"running": {"startedAt": stamp(LATER)}}}
    status = container(terminated={"startedAt": stamp(START), "finishedAt": stamp(LATER), "exitCode": 64})
    status["containerStatuses"].insert(0, proxy)
    found = PodView.of(raw_pod("s-00000-a1", "s-00000", {"phase": "Running", **status}))
    assert (found.exit_code, found.image_id) == (64, "sha256:1")
    job = raw_job("s-00000")
    job["spec"]["template"]["spec"]["containers"] = [
        {"name": "istio-proxy"},
        {"name": "trial", "resources": {"limits": {"nvidia.com/gpu": "2"}}},
    ]
    assert JobView.of(job).gpus == 2


def test_a_pod_without_a_status() -> None:
    found = PodView.of(raw_pod("s-00000-a1", "s-00000"))
    assert (found.phase, found.exit_code, found.message, found.image_id) == ("Pending", None, "", None)


@pytest.mark.parametrize(
    ("phase", "state", "changes", "runs"),
    [
        ("Running", {"running": {"startedAt": stamp(START)}}, {}, True),
        ("Running", {"running": {"startedAt": stamp(START)}}, {"deletionTimestamp": stamp(START)}, False),
        ("Running", {"waiting": {"reason": "ContainerCreating"}}, {}, False),
        ("Running", ENDED, {}, False),
        ("Pending", {}, {}, False),
    ],
    ids=["running", "being deleted", "others run", "the others run on", "pending"],
)
def test_whether_the_trial_runs(phase: str, state: dict[str, Any], changes: dict[str, str], runs: bool) -> None:
    assert PodView.of(raw_pod("s-00000-a1", "s-00000", {"phase": phase, **container(**state)}, **changes)).runs is runs


def test_whether_a_pod_had_ended_before_it_was_deleted() -> None:
    deletion = {"deletionTimestamp": stamp(LATER), "deletionGracePeriodSeconds": 60}
    status = {"phase": "Failed", **container(**ENDED)}
    killed = PodView.of(raw_pod("s-00000-a1", "s-00000", status, **deletion))
    assert killed.stop_asked == START and not killed.ended_by_itself
    deletion["deletionGracePeriodSeconds"] = 30
    assert PodView.of(raw_pod("s-00000-a1", "s-00000", status, **deletion)).ended_by_itself
    assert PodView.of(raw_pod("s-00000-a1", "s-00000", status)).ended_by_itself


def test_who_is_killed_from_outside_has_not_ended_by_itself() -> None:
    """The removal of a pod by kubelet has another time than its deletion was asked for."""
    removed = {"deletionTimestamp": stamp(LATER + timedelta(seconds=90)), "deletionGracePeriodSeconds": 0}

    def ended(code: int, reason: str) -> bool:
        terminated = {**ENDED["terminated"], "exitCode": code, "reason": reason}
        status = {"phase": "Failed", **container(terminated=terminated)}
        return PodView.of(raw_pod("s-00000-a1", "s-00000", status, **removed)).ended_by_itself

    assert not ended(137, "Error") and not ended(143, "Error")
    assert ended(1, "Error") and ended(137, "OOMKilled")


def test_a_trial_that_has_ended_beside_other_containers() -> None:
    pod = PodView.of(raw_pod("s-00000-a1", "s-00000", {"phase": "Running", **container(**ENDED)}))
    assert ended_beside_others([pod], START + OTHERS_GRACE) is None
    assert ended_beside_others([pod], START + OTHERS_GRACE + timedelta(seconds=1)) is pod


def test_a_pod_says_which_of_its_first_containers_failed() -> None:
    def of(*states: dict[str, Any]) -> PodView:
        raw = raw_pod("s-00000-a1-x", "s-00000", phase="Failed")
        named = [{"name": name, "state": state} for name, state in zip(("fetch", "check"), states, strict=False)]
        raw["status"]["initContainerStatuses"] = named
        return PodView.of(raw)

    good = {"terminated": {"exitCode": 0}}
    bad = {"terminated": {"exitCode": 7, "message": "x" * 1000 + "no such host\n"}}
    assert of(good).failed_before is None and of({"running": {}}).failed_before is None
    said = of(good, bad).failed_before or ""
    assert said.startswith("its init container check ended with exit code 7: xx") and said.endswith("no such host")
    assert len(said) < 600


@pytest.mark.parametrize(
    ("pods", "told"),
    [
        ([node(0, exit_code=0, phase="Succeeded"), node(1, exit_code=1, after=11)], 0),
        ([node(0, exit_code=75), node(1, exit_code=1, after=11)], 1),
        ([node(0, exit_code=1, after=12), node(1, exit_code=1), node(2, exit_code=1, after=11)], 1),
        ([node(0, exit_code=1), node(1, exit_code=64, after=11)], 1),
        ([node(0, exit_code=75), gone(1, exit_code=137)], 1),
        ([gone(0, exit_code=75), node(1, exit_code=1, after=11)], 1),
        ([node(0, exit_code=75), node(1, exit_code=None, failed_before="its init container a ended")], 1),
        ([node(0, exit_code=75), node(1, exit_code=75, after=9)], 0),
    ],
)
def test_of_several_pods_the_one_that_caused_the_end_tells_it(pods: list[PodView], told: int) -> None:
    for order in (pods, pods[::-1]):
        found = telling_pod(order)
        assert found is not None and found.node == told


@pytest.mark.parametrize(("label", "number"), [("3", 3), ("", 0), ("x", 0), ("-1", 0), ("9" * 63, 64)])
def test_a_label_of_a_pod_may_be_anything(label: str, number: int) -> None:
    raw = raw_pod("s-00000-a1", "s-00000")
    raw["metadata"]["labels"]["batch.kubernetes.io/job-completion-index"] = label
    assert PodView.of(raw).node == number


def test_how_pods_ended_that_were_replaced_says_nothing() -> None:
    evicted = node(1, exit_code=None, reason="Evicted", after=1)
    again = node(1, exit_code=1, created=START + timedelta(seconds=5))
    found = telling_pod([node(0, exit_code=75), evicted, again])
    assert found is again


def test_of_pods_one_after_the_other_the_last_one_tells() -> None:
    pods = [node(0, exit_code=1), node(0, exit_code=75, after=20), node(0, exit_code=75, after=5)]
    assert telling_pod(pods) is pods[1] and telling_pod([]) is None


def test_a_trial_whose_first_pod_has_ended_well_has_ended_whatever_the_others_do() -> None:
    first, other = node(0, exit_code=0, phase="Succeeded", after=0), node(1, phase="Running", exit_code=None)
    after = START + OTHERS_GRACE + timedelta(seconds=1)
    assert ended_beside_others([first, other], START + OTHERS_GRACE) is None
    assert ended_beside_others([first, other], after) is first
    assert ended_beside_others([first], after) is None, "its Job is about to be complete"
    assert ended_beside_others([replace(first, exit_code=75), other], after) is None, "it goes on in another pod"
