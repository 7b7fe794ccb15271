"""Trials that crash, give up, or cannot start: what is counted, what is shown, and how the search goes on."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.kube import Json, Kube, attempts, condition, holds
from tests.support.searches import fault_search
from tests.support.waiting import Waiter

pytestmark = pytest.mark.cluster


def test_a_container_that_always_crashes_ends_the_search_with_the_reason(kube: Kube, wait_for: Waiter) -> None:
    kube.apply(
        fault_search(
            "crashing",
            "--exit=1",
            "--message=the disk is full of eels",
            trials=6,
            budget={"maxFailedTrials": 1},
            template={"maxAttempts": 2},
        )
    )
    ended = wait_for.condition("crashing", "Failed")
    assert ended["reason"] == "MaxFailedTrialsExceeded"
    for word in ("AskedToFail", "the disk is full of eels", "raise budget.maxFailedTrials"):
        assert word in ended["message"]
    failed = [t for t in kube.trials("crashing") if holds(t, "Failed")]
    assert len(failed) == 2
    for trial in failed:
        assert attempts(trial) == [(1, "Crashed"), (2, "Failed")] or attempts(trial) == [(1, "Crashed"), (2, "Crashed")]
        assert condition(trial, "Failed")["reason"] == "AskedToFail"
        assert "the disk is full of eels" in condition(trial, "Failed")["message"]
        assert "about to fail: the disk is full of eels" in trial["status"]["lastLog"]
    told = {"TrialCrashed", "TrialFailed", "Failed"}
    wait_for.events("crashing", *told)

    kube.patch("crashing", budget={"maxFailedTrials": 3})
    wait_for(lambda: holds(kube.search("crashing"), "Progressing"), 20, "the search goes on")
    wait_for.counts("crashing", failed=3)


@pytest.mark.parametrize("args", [(), ("--ignore-sigterm",)], ids=["checkpoints on SIGTERM", "ignores SIGTERM"])
def test_a_pod_that_somebody_deletes_is_no_failure(args: tuple[str, ...], kube: Kube, wait_for: Waiter) -> None:
    template = {"terminationGracePeriodSeconds": 1, "maxAttempts": 1}
    kube.apply(fault_search("bumped", "--seconds=5", *args, trials=1, parallel=1, template=template))
    wait_for.counts("bumped", running=1)
    [pod] = kube.pods("bumped")
    kube.delete("pod", pod["metadata"]["name"])
    wait_for.condition("bumped", "Succeeded")
    [trial] = kube.trials("bumped")
    assert attempts(trial)[-1][1] == "Succeeded"
    assert not any(outcome in ("Crashed", "Failed") for _, outcome in attempts(trial))
    assert kube.status("bumped")["trials"]["failed"] == 0


def test_pods_refused_by_a_quota_are_shown_and_start_when_it_is_lifted(kube: Kube, wait_for: Waiter) -> None:
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "nothing"},
        "spec": {"hard": {"pods": "0"}},
    }
    kube.apply(quota)
    wait_for(lambda: "used" in kube.kubectl("get", "resourcequota", "nothing", "--output=json"), 20, "the quota counts")
    kube.apply(fault_search("throttled", trials=2))
    blocked = wait_for.condition("throttled", "Progressing", reason="TrialsBlocked")
    assert "exceeded quota: nothing" in blocked["message"]
    assert kube.status("throttled")["trials"]["failed"] == 0
    kube.delete("resourcequota", "nothing")
    wait_for.condition("throttled", "Succeeded", timeout=90)
    assert [attempts(t) for t in kube.trials("throttled")] == [[(1, "Succeeded")]] * 2


def test_pods_refused_by_an_admission_policy_are_shown(kube: Kube, wait_for: Waiter) -> None:
    resources = ["pods", "configmaps"]  # ConfigMaps only to see when the policy holds
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": resources}
    labelled = "has(object.metadata.labels) && 'team' in object.metadata.labels"
    group = {"apiVersion": "admissionregistration.k8s.io/v1", "metadata": {"name": kube.namespace}}
    policy = group | {
        "kind": "ValidatingAdmissionPolicy",
        "spec": {
            "matchConstraints": {"resourceRules": [rule]},
            "validations": [{"expression": labelled, "message": "every pod names its team"}],
        },
    }
    namespace = {"matchLabels": {"kubernetes.io/metadata.name": kube.namespace}}
    binding = group | {
        "kind": "ValidatingAdmissionPolicyBinding",
        "spec": {
            "policyName": kube.namespace,
            "validationActions": ["Deny"],
            "matchResources": {"namespaceSelector": namespace},
        },
    }
    kube.apply(policy, binding)
    probe = ("create", "configmap", "probe", "--dry-run=server")
    try:
        wait_for(lambda: not kube.kubectl(*probe, check=False), 30, "the policy holds")
        kube.apply(fault_search("refused", trials=2))
        blocked = wait_for.condition("refused", "Progressing", reason="TrialsBlocked")
        assert "every pod names its team" in blocked["message"]
        assert kube.status("refused")["trials"]["failed"] == 0
    finally:
        kube.delete("validatingadmissionpolicybinding", kube.namespace)
        kube.delete("validatingadmissionpolicy", kube.namespace)


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ({"resources": {"limits": {"nvidia.com/gpu": 64}}}, ("no node takes its pod", "Insufficient nvidia.com/gpu")),
        ({"image": "localhost/nobody-built-this:dev"}, ("ImagePull", "localhost/nobody-built-this:dev")),
        ({"nodeSelector": {"example.com/moon": "full"}}, ("no node takes its pod", "node affinity/selector")),
    ],
    ids=["no such GPU", "no such image", "no such node"],
)
def test_a_pod_that_cannot_start_is_shown(
    template: dict[str, Any], words: tuple[str, ...], kube: Kube, wait_for: Waiter
) -> None:
    kube.apply(fault_search("stuck", trials=2, template=template))
    blocked = wait_for.condition("stuck", "Progressing", reason="TrialsBlocked")
    for word in words:
        assert word in blocked["message"]
    wait_for(
        lambda: all(words[0] in condition(t, "Progressing")["message"] for t in kube.trials("stuck")),
        10,
        "each trial says why it waits",
    )
    assert kube.status("stuck")["trials"]["pending"] == 2
    wait_for.events("stuck", "TrialsBlocked")


def script(code: str, **template: Any) -> Json:
    """Return a template whose container runs some Python, with the result file open as R."""
    begin = "import json,os,sys;R=open(os.environ['NAS_RESULT_FILE'],'w');"
    return {"command": ["python3", "-c", begin + code], "args": [], **template}


def written(text: str) -> str:
    """Return code that writes a result. ``<many>`` in it are 4,500 bytes, more than a command may have."""
    return f"R.write({text!r}.replace('<many>', 'm' * 4500))"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"outcome":"Succeeded","metrics":{"val_accuracy":"91.2%"}}', 'metrics.val_accuracy: "91.2%" is no number'),
        ('{"outcome":"success","metrics":{"val_accuracy":0.9}}', '"success" is none of'),
        ('{"outcome":"Succeeded","metrics":{"val_accuracy":1}}\n{}', "more behind its JSON object"),
        ('{"outcome":"Succeeded","reason":"<many>","metrics":{"val_accuracy":1}}', "longer than the 3,000 bytes"),
    ],
    ids=["a metric in per cent", "lower case", "two objects", "5 kB"],
)
def test_a_result_that_was_written_wrong_is_told_as_such(text: str, words: str, kube: Kube, wait_for: Waiter) -> None:
    template = script(written(text))
    kube.apply(fault_search("wrong", trials=1, parallel=1, budget={"maxFailedTrials": 0}, template=template))
    ended = wait_for.condition("wrong", "Failed")
    assert "ResultInvalid" in ended["message"] and words in ended["message"]


def test_a_container_that_always_says_that_it_was_stopped_fails(kube: Kube, wait_for: Waiter) -> None:
    template = script("sys.exit(75)", maxAttempts=1)
    kube.apply(fault_search("stopping", trials=1, parallel=1, budget={"maxFailedTrials": 0}, template=template))
    blocked = wait_for.condition("stopping", "Progressing", reason="TrialsBlocked")
    assert "exit code 75" in blocked["message"] and "nothing had stopped it" in blocked["message"]
    ended = wait_for.condition("stopping", "Failed", timeout=120)
    assert "exit code 75 3 times" in ended["message"]


def test_a_job_that_is_suspended_by_hand_says_so_and_goes_on(kube: Kube, wait_for: Waiter) -> None:
    kube.apply(fault_search("queued", "--seconds=8", trials=1, parallel=1))
    wait_for(lambda: kube.kubectl("get", "job", "queued-00000-a1", check=False), 20, "the Job is there")
    kube.suspend_job("queued-00000-a1", True)
    blocked = wait_for.condition("queued", "Progressing", reason="TrialsBlocked")
    assert "its Job is suspended, and has no queue" in blocked["message"]
    kube.suspend_job("queued-00000-a1", False)
    wait_for.condition("queued", "Succeeded", timeout=90)


def test_a_template_that_was_corrected_holds_for_trials_that_wait(kube: Kube, wait_for: Waiter) -> None:
    kube.apply(fault_search("corrected", trials=2, template={"nodeSelector": {"example.com/moon": "full"}}))
    wait_for.condition("corrected", "Progressing", reason="TrialsBlocked")
    kube.patch("corrected", trialTemplate={"nodeSelector": None})
    wait_for.condition("corrected", "Succeeded", timeout=90)
    assert [attempts(t) for t in kube.trials("corrected")] == [[(1, "Succeeded")]] * 2


def test_a_pod_whose_volume_is_not_there_says_so(kube: Kube, wait_for: Waiter) -> None:
    kube.apply(fault_search("unmounted", trials=1, parallel=1, template={"dataCacheClaim": "nobody-made-this"}))
    blocked = wait_for.condition("unmounted", "Progressing", reason="TrialsBlocked", timeout=120)
    assert "nobody-made-this" in blocked["message"]
