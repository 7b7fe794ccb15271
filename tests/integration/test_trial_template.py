"""What a template adds to a trial's pod, on the real API server: taken whole, or the search says what is wrong."""

from __future__ import annotations

import json

import pytest
from tests.support.denied_templates import ACCEPTED_TEMPLATES
from tests.support.factories import World, meta, search
from tests.support.kube import Json, Kube, attempts
from tests.support.operator_process import Operator
from tests.support.searches import fault_search
from tests.support.waiting import Waiter

from nas_operator.manifests.job import build_job

pytestmark = pytest.mark.cluster


@pytest.mark.parametrize("case", ACCEPTED_TEMPLATES)
def test_a_job_of_a_template_that_is_accepted_is_taken_whole(case: str, kube: Kube) -> None:
    w = World(search(trialTemplate=ACCEPTED_TEMPLATES[case]))
    w.step()
    job = build_job(meta("s"), w.search.spec, next(iter(w.trials.values())), 1, "default:1")
    job["metadata"] |= {"namespace": kube.namespace}
    arguments = ("create", "--dry-run=server", "--validate=strict", "--output=json", "--filename=-")
    taken = json.loads(kube.kubectl(*arguments, stdin=json.dumps(job)))["spec"]["template"]["spec"]
    asked = job["spec"]["template"]["spec"]
    assert not set(asked) - set(taken)
    for field in ("affinity", "resourceClaims", "topologySpreadConstraints", "priorityClassName", "schedulerName"):
        assert asked.get(field) in (None, taken.get(field)), field
    assert [c["name"] for c in taken.get("initContainers", ())] == [c["name"] for c in asked.get("initContainers", ())]


@pytest.mark.parametrize(
    ("affinity", "words"),
    [
        ({"requiredDuringScheduling": {}}, "requiredDuringScheduling"),
        (
            {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 500, "preference": {}}]},
            "preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 500",
        ),
    ],
    ids=["a field that there is not", "a weight that cannot be"],
)
def test_an_affinity_that_kubernetes_denies_is_told_and_the_search_goes_on_when_it_is_corrected(
    affinity: Json, words: str, kube: Kube, wait_for: Waiter
) -> None:
    kube.apply(fault_search("near", trials=1, parallel=1, template={"affinity": {"nodeAffinity": affinity}}))
    blocked = wait_for.condition("near", "Progressing", reason="TrialsBlocked")
    assert "Kubernetes denies the trials" in blocked["message"] and words in blocked["message"]
    kube.patch("near", trialTemplate={"affinity": None})
    wait_for.condition("near", "Succeeded", timeout=120)
    assert [attempts(trial) for trial in kube.trials("near")] == [[(1, "Succeeded")]]


def test_a_secret_is_for_trials_only_when_both_have_agreed(kube: Kube, operator: Operator, wait_for: Waiter) -> None:
    kube.kubectl("create", "secret", "generic", "hub", "--from-literal=TOKEN=hush")
    kube.kubectl("create", "configmap", "mirrors", "--from-literal=MIRROR=here")
    template = {
        "envFrom": [{"secretRef": {"name": "hub"}}],
        "volumes": [
            {"name": "mirrors", "mountPath": "/mnt/mirrors", "configMap": {"name": "mirrors"}},
            {"name": "room", "mountPath": "/mnt/room", "emptyDir": {"sizeLimit": "1Mi"}},
        ],
        "initContainers": [
            {
                "name": "see",
                "command": ["sh", "-c", "test $TOKEN = hush && cp /mnt/mirrors/MIRROR /mnt/room"],
                "args": [],
            }
        ],
    }
    kube.apply(fault_search("shared", trials=1, parallel=1, template=template))
    blocked = wait_for.condition("shared", "Progressing", reason="TrialsBlocked")
    assert "'hub', and trials may use none" in blocked["message"] and "trials.secretNames" in blocked["message"]
    operator.restart(TRIAL_SECRET_NAMES="hub", TRIAL_CONFIG_MAP_NAMES="mirrors")
    for kind, name in (("secret", "hub"), ("configmap", "mirrors")):
        command = f"kubectl label {kind} {name} nas-operator.io/use=trial -n {kube.namespace}"

        def said(command: str = command) -> bool:
            conditions = kube.status("shared")["conditions"]
            return any(command in c.get("message", "") for c in conditions)

        wait_for(said, 60, f"the search says how {name} is labelled")
        kube.kubectl(*command.split()[1:-2])
    wait_for.condition("shared", "Succeeded", timeout=120)


def test_an_init_container_that_fails_is_named(kube: Kube, wait_for: Waiter) -> None:
    template = {
        "maxAttempts": 1,
        "initContainers": [{"name": "fetch", "command": ["sh", "-c", "echo no such host; exit 7"], "args": []}],
    }
    kube.apply(fault_search("fetching", trials=1, parallel=1, budget={"maxFailedTrials": 0}, template=template))
    ended = wait_for.condition("fetching", "Failed", timeout=90)
    assert "its init container fetch ended with exit code 7: no such host" in ended["message"]
