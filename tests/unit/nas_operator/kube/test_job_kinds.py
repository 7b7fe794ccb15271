from __future__ import annotations

import json
from typing import Any

import pytest
from tests.support.factories import START, World, meta, raw_job, search, stamp
from tests.support.job_kinds import GIVEN, job_kind, kinds

from nas_operator.errors import KindNotAllowed
from nas_operator.kube.job_kinds import allowed_kind, read_job_kinds
from nas_operator.manifests.job import build_job

Json = dict[str, Any]


def job(**spec: Any) -> Json:
    w = World(search(**spec))
    w.step()
    return build_job(meta("s"), w.search.spec, next(iter(w.trials.values())), 1, "default:1")


def served(made: Json, conditions: list[Json] = []) -> Json:  # noqa: B006 - never changed
    """Return an object as the API server has it."""
    found = made["metadata"] | {"uid": "u", "resourceVersion": "7", "creationTimestamp": stamp(START)}
    return made | {"metadata": found, "status": {"conditions": conditions}}


def test_an_object_is_the_platform_teams_but_for_the_pod() -> None:
    plain = job(trialTemplate={"resources": {"limits": {"nvidia.com/gpu": "2"}}}, evaluation={"maxTrialDuration": "1m"})
    made = job_kind().wrap(plain)
    assert (made["apiVersion"], made["kind"], made["spec"]["restarts"]) == ("example.org/v1", "JobGroup", 0)
    assert made["metadata"]["name"] == plain["metadata"]["name"]
    assert made["metadata"]["ownerReferences"] == plain["metadata"]["ownerReferences"]
    assert made["metadata"]["labels"] == plain["metadata"]["labels"] | {
        "team": "platform",
        "nas-operator.io/job-kind": "group",
    }
    template = made["spec"]["groups"][0]["template"]
    assert template["spec"] == plain["spec"]["template"]["spec"]
    assert template["metadata"]["labels"]["nas-operator.io/job-kind"] == "group"
    assert "suspend" not in made["spec"] and job_kind().manifest == GIVEN["manifest"], "the kind itself is as it was"

    view = job_kind().view(served(made))
    assert (view.trial, view.attempt, view.gpus, view.deadline_s) == ("s-00000", 1, 2, 60)
    assert (view.kind, view.pods_key, view.finished, view.suspended) == ("group", "ns/s-00000-a1", False, False)


def test_one_for_a_queue_is_made_suspended() -> None:
    labels = {"kueue.x-k8s.io/queue-name": "gpus"}
    made = job_kind().wrap(job(trialTemplate={"labels": labels}))
    assert made["spec"]["suspend"] is True
    assert job_kind().view(served(made)).held_by == "gpus"


@pytest.mark.parametrize(
    ("condition", "ends"),
    [
        ({"type": "AllDone", "status": "True"}, (True, None)),
        ({"type": "Broken", "status": "True", "reason": "PodFailed"}, (False, "PodFailed")),
        ({"type": "Broken", "status": "False"}, (False, None)),
        ({"type": "Complete", "status": "True"}, (False, None)),
    ],
)
def test_its_own_conditions_say_how_it_ends(condition: Json, ends: tuple[bool, str | None]) -> None:
    view = job_kind().view(served(job_kind().wrap(job()), [condition]))
    assert (view.complete, view.failed_reason) == ends


def test_an_object_without_a_pod_is_none() -> None:
    made = served(job_kind().wrap(job()))
    del made["spec"]["groups"]
    with pytest.raises(LookupError):
        job_kind().view(made)


def test_only_kinds_of_the_chart_are_used() -> None:
    with pytest.raises(KindNotAllowed, match=r"jobKind is 'ray', and trials may be one of group; .*trials\.jobKinds"):
        allowed_kind({"group": job_kind()}, "ray", raw_job("s-00000"))
    with pytest.raises(KindNotAllowed, match="trials may be Jobs only"):
        allowed_kind({}, "ray", raw_job("s-00000"))
    queued = job(trialTemplate={"labels": {"kueue.x-k8s.io/queue-name": "gpus"}})
    with pytest.raises(KindNotAllowed, match=r"and group of spec\.trialTemplate\.jobKind cannot be held"):
        allowed_kind({"group": job_kind(suspend=None)}, "group", queued)
    assert allowed_kind({"group": job_kind(suspend=None)}, "group", job()).name == "group"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("[]", "give an object with at most 8 kinds"),
        (json.dumps({f"k{n}": GIVEN for n in range(9)}), "at most 8 kinds"),
        ("{", "Expecting"),
        (kinds(more=1), r"group\.more: Extra inputs"),
        (kinds(plural="Job Groups"), r"group\.plural: String should match"),
        (kinds(manifest={"apiVersion": "v1", "kind": "Pod"}), "group.manifest: give its kind and its apiVersion, with"),
        (kinds(podTemplate="spec.groups.1.template"), r"group\.podTemplate: spec\.groups\.1\.template is not in its"),
        (kinds(podTemplate="spec.groups.template"), r"group\.podTemplate: spec\.groups\.template is not in its"),
        (kinds(suspend="hold.it"), r"group\.suspend: hold\.it is not in its manifest"),
        (kinds(failed=["AllDone"]), "AllDone cannot mean both"),
    ],
)
def test_a_kind_that_cannot_be_used_is_said_at_the_start(given: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_job_kinds(given)
