from __future__ import annotations

from typing import Any

import pytest
from tests.support.factories import search
from tests.support.policies import policy

from nas_plan.limits.rules import refusal

DEFAULT = "registry.example.org/nas-trial:1"
DIGEST = "sha256:" + "a" * 64
OTHER_DIGEST = "sha256:" + "b" * 64


def why(limits: dict[str, Any], **template: Any) -> str | None:
    return refusal([policy(**limits)], search(trialTemplate=template).spec, DEFAULT)


@pytest.mark.parametrize(
    ("entry", "image", "allowed"),
    [
        ("registry.org/team", "registry.org/team/trainer:1", True),
        ("registry.org/team/", "registry.org/team/trainer:1", True),
        ("registry.org/team", "registry.org/team2/trainer:1", False),
        ("registry.org", "registry.org.evil.com/trainer:1", False),
        ("registry.org/", "registry.org:5000/trainer", False),
        ("registry.org", "registry.org:5000/trainer", False),
        ("registry.org:5000/", "registry.org:5000/trainer", True),
        ("registry.org/team/trainer", "registry.org/team/trainer", True),
        ("registry.org/team/trainer", f"registry.org/team/trainer@{DIGEST}", True),
        ("registry.org/team/trainer:1", "registry.org/team/trainer:1", True),
        ("registry.org/team/trainer:1", "registry.org/team/trainer:10", False),
        ("registry.org/team/trainer:1", f"registry.org/team/trainer:1@{DIGEST}", False),
        (f"registry.org/trainer@{DIGEST}", f"registry.org/trainer:2@{DIGEST}", True),
        (f"registry.org/trainer@{DIGEST}", f"registry.org/trainer@{OTHER_DIGEST}", False),
        (DIGEST, f"anywhere.org/x/y@{DIGEST}", True),
        (DIGEST, f"anywhere.org/x/y@{OTHER_DIGEST}", False),
        ("trainer", "trainer:1", True),
        ("anything/", DEFAULT, True),
    ],
)
def test_images(entry: str, image: str, allowed: bool) -> None:
    found = why({"allowedImages": [entry]}, image=image)
    assert (found is None) is allowed
    if found:
        assert found == (
            f"NASPolicy team (allowedImages) does not allow {image!r} in spec.trialTemplate.image; allowed: {entry}. "
            "Use one of these, or ask the platform team to add it"
        )


def test_the_image_of_the_operator_is_always_allowed() -> None:
    assert why({"allowedImages": []}) is None
    assert "allowed: none" in (why({"allowedImages": []}, image="mine:1") or "")


@pytest.mark.parametrize(
    ("entries", "allowed"), [(["pool"], True), (["pool=a100"], True), (["pool=t4"], False), ([], False)]
)
def test_node_selectors(entries: list[str], allowed: bool) -> None:
    found = why({"allowedNodeSelectors": entries}, nodeSelector={"pool": "a100"})
    assert (found is None) is allowed
    assert allowed or "'pool=a100' in spec.trialTemplate.nodeSelector" in (found or "")
    assert why({"allowedNodeSelectors": entries}) is None


def test_init_containers_run_images_too() -> None:
    container = {"name": "fetch", "image": "mine:1"}
    found = why({"allowedImages": ["trainer"]}, image="trainer:1", command=["x"], initContainers=[container])
    assert found and "'mine:1' in spec.trialTemplate.initContainers[0].image" in found


def affinity(kind: str, **expression: Any) -> dict[str, Any]:
    term = {kind: [{"key": "pool"} | expression]}
    return {
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]},
            "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "preference": term}],
        }
    }


@pytest.mark.parametrize(
    ("entries", "expression", "allowed"),
    [
        (["pool"], {"operator": "Exists"}, True),
        (["pool=a", "pool=b"], {"operator": "In", "values": ["a", "b"]}, True),
        (["pool=a"], {"operator": "In", "values": ["a", "b"]}, False),
        (["pool=a"], {"operator": "NotIn", "values": ["a"]}, False),
        (["pool=a"], {"operator": "Exists"}, False),
        (["other"], {"operator": "In", "values": []}, False),
    ],
)
@pytest.mark.parametrize("kind", ["matchExpressions", "matchFields"])
def test_node_affinity_is_no_way_around(
    kind: str, entries: list[str], expression: dict[str, Any], allowed: bool
) -> None:
    found = why({"allowedNodeSelectors": entries}, affinity=affinity(kind, **expression))
    assert (found is None) is allowed
    assert allowed or "in spec.trialTemplate.affinity.nodeAffinity; allowed: " in (found or "")


def test_priority_classes() -> None:
    assert why({"allowedPriorityClasses": ["low"]}, priorityClassName="low") is None
    assert why({"allowedPriorityClasses": []}) is None, "it has that of the cluster"
    found = why({"allowedPriorityClasses": ["low"]}, priorityClassName="high")
    assert found and "'high' in spec.trialTemplate.priorityClassName; allowed: low." in found


def test_more_gpus_a_trial_than_there_may_be_in_all() -> None:
    four = {"limits": {"nvidia.com/gpu": "4"}}
    assert why({"maxGPUs": 4}, resources=four) is None
    assert "does not allow 4 GPUs a trial" in (why({"maxGPUs": 3}, resources=four) or "")
    assert "does not allow 8 GPUs a trial" in (why({"maxGPUs": 7}, resources=four, nodes=2) or "")


def test_all_policies_hold_and_the_message_names_the_one_that_refuses() -> None:
    wide, narrow = policy("wide", allowedImages=["a/", "b/"]), policy("narrow", allowedImages=["a/"])
    spec = search(trialTemplate={"image": "b/x:1"}).spec
    assert (refusal([wide, narrow], spec, DEFAULT) or "").startswith("NASPolicy narrow (allowedImages)")


def test_a_long_list_is_cut() -> None:
    assert "and 4 more." in (why({"allowedImages": [f"r{n}/" for n in range(12)]}, image="x:1") or "")


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({}, "sets aside what a trial may use; add evaluation.maxTrialDuration"),
        ({"evaluation": {"maxTrialDuration": "1h"}}, None),
        ({"evaluation": {"maxTrialDuration": "3h"}}, "may need 6.0"),
        ({"evaluation": {"maxTrialDuration": "1h", "supernet": {}}}, "only budget.maxGPUHours bounds how long"),
        ({"evaluation": {"maxTrialDuration": "1h", "supernet": {}}, "budget": {"maxGPUHours": 4}}, None),
        ({"evaluation": {"maxTrialDuration": "1h", "supernet": {}}, "budget": {"maxGPUHours": 9}}, "may need 9"),
    ],
)
def test_what_a_trial_may_use_of_a_month_has_to_be_known(spec: dict[str, Any], words: str | None) -> None:
    template = {"resources": {"limits": {"nvidia.com/gpu": 2}}}
    limits = [policy(maxGPUHoursPerMonth=5)]
    found = refusal(limits, search(trialTemplate=template, **spec).spec, DEFAULT)
    assert found is None if words is None else words in (found or "")
    assert refusal(limits, search(**spec).spec, DEFAULT) is None, "without GPUs nothing of it is used"
