"""Trials that run as another kind than Job: the test has a CRD of its own, and does what a controller of it would."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.support.any_kind import any_kind
from tests.support.job_kinds import kinds
from tests.support.kube import Json, Kube, attempts, condition, holds
from tests.support.operator_process import Operator
from tests.support.searches import check_record, fault_search
from tests.support.waiting import Waiter

pytestmark = pytest.mark.cluster

GROUP = {"jobKind": "group"}


@pytest.fixture
def job_groups(kube: Kube, operator: Operator, wait_for: Waiter) -> Iterator[None]:
    """The kind, and an operator that knows it."""
    with any_kind(kube, wait_for, "JobGroup", "example.org", "v1"):
        operator.restart(JOB_KINDS=kinds())
        yield
        operator.stop()


def control(kube: Kube) -> None:
    """Give each JobGroup that is not held its pod, by way of another owner, and tell how it has ended."""
    pods = {pod["metadata"]["name"]: pod for pod in kube.list("pods")}
    for group in kube.list("jobgroups"):
        meta, spec = group["metadata"], group["spec"]
        if meta.get("deletionTimestamp") or spec.get("suspend") or group.get("status"):
            continue
        pod = pods.get(meta["name"])
        if pod is None:
            template = spec["groups"][0]["template"]
            made = template["metadata"] | {"name": meta["name"], "ownerReferences": [owner(group)]}
            kube.apply({"apiVersion": "v1", "kind": "Pod", "metadata": made, "spec": template["spec"]})
        elif pod["status"]["phase"] in ("Succeeded", "Failed"):
            ended = "AllDone" if pod["status"]["phase"] == "Succeeded" else "Broken"
            status = {"conditions": [{"type": ended, "status": "True"}]}
            kube.call(
                "PATCH", f"{kube.collection('jobgroups')}/{meta['name']}", {"status": status},
                "application/merge-patch+json",
            )  # fmt: skip


def owner(group: Json) -> Json:
    meta = group["metadata"]
    return {"apiVersion": "example.org/v1", "kind": "JobGroup", "name": meta["name"], "uid": meta["uid"]}


def test_a_search_runs_as_another_kind_though_its_operator_is_killed(
    kube: Kube, operator: Operator, job_groups: None, wait_for: Waiter
) -> None:
    kube.apply(fault_search("grouped", "--seconds=2", trials=6, parallel=2, template=GROUP))

    def several() -> bool:
        control(kube)
        return int(kube.status("grouped").get("trials", {}).get("succeeded", 0)) >= 2

    wait_for(several, 90, "the first have ended")
    operator.crash()

    def over() -> bool:
        control(kube)
        return holds(kube.search("grouped"), "Succeeded")

    wait_for(over, 120, "the search succeeds")
    trials = kube.trials("grouped")
    check_record(trials, 6)
    assert [attempts(trial) for trial in trials] == [[(1, "Succeeded")]] * 6
    assert kube.list("jobs") == [] and len(kube.list("jobgroups")) == 6
    assert {group["metadata"]["labels"]["team"] for group in kube.list("jobgroups")} == {"platform"}


def test_a_trial_that_takes_too_long_or_is_suspended_is_stopped(
    kube: Kube, operator: Operator, job_groups: None, wait_for: Waiter
) -> None:
    kube.apply(
        fault_search(
            "late", "--seconds=300", trials=1, parallel=1, template=GROUP, evaluation={"maxTrialDuration": "5s"}
        ),
        fault_search("paused", "--seconds=300", trials=1, parallel=1, template=GROUP),
    )

    def gone() -> bool:
        control(kube)
        if kube.pods("paused", "Running") and not kube.search("paused")["spec"].get("suspend"):
            kube.patch("paused", suspend=True)
        return holds(kube.search("late"), "Failed") and not kube.list("jobgroups") and not kube.list("pods")

    wait_for(gone, 90, "nothing runs any more")
    [trial] = kube.trials("late")
    assert condition(trial, "Failed")["reason"] == "DeadlineExceeded"
    assert attempts(trial) == [(1, "Failed")]
    assert holds(kube.search("paused"), "Suspended")


def test_a_kind_that_the_platform_team_has_not_named_is_refused(kube: Kube, wait_for: Waiter) -> None:
    kube.apply(fault_search("strange", trials=1, parallel=1, template=GROUP))
    blocked = wait_for.condition("strange", "Progressing", reason="TrialsBlocked")
    assert "'group', and trials may be Jobs only" in blocked["message"] and "trials.jobKinds" in blocked["message"]
    kube.patch("strange", trialTemplate={"jobKind": None})
    wait_for.condition("strange", "Succeeded", timeout=90)
