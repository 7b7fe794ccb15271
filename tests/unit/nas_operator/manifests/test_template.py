"""What a template adds to a Job, by the template that asks for everything (`tests.support.denied_templates`)."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.denied_templates import ACCEPTED_TEMPLATES
from tests.support.factories import World, meta, search
from tests.support.models import begun, source

from nas_core.records.trial import TrialView
from nas_core.states import Work
from nas_operator.manifests.job import build_export_job, build_job
from nas_plan.models.source import export_of

Json = dict[str, Any]
EVERYTHING = ACCEPTED_TEMPLATES["a good citizen"]


def job(work: Work = Work.TRAIN, **template: Any) -> Json:
    w = World(search(trialTemplate=template or EVERYTHING))
    w.step()
    trial = next(iter(w.trials.values()))
    trial = TrialView(trial.meta, trial.spec.model_copy(update={"work": work}), trial.status)
    return build_job(meta("s"), w.search.spec, trial, 1, "default:1")


def pod(work: Work = Work.TRAIN, **template: Any) -> Json:
    found: Json = job(work, **template)["spec"]["template"]["spec"]
    return found


def test_labels_are_those_of_job_and_pod_but_a_queues_of_the_job_alone() -> None:
    raw = job()
    labels, of_pod = raw["metadata"]["labels"], raw["spec"]["template"]["metadata"]["labels"]
    assert labels["kueue.x-k8s.io/queue-name"] == "gpus" and labels["kueue.x-k8s.io/priority-class"] == "low"
    assert labels["team"] == of_pod["team"] == "vision"
    assert not [name for name in of_pod if "kueue" in name]
    assert labels["nas-operator.io/trial"] == of_pod["nas-operator.io/trial"] == "s-00000"


def test_annotations_are_the_pods_beside_its_input() -> None:
    annotations = job()["spec"]["template"]["metadata"]["annotations"]
    assert annotations["cluster-autoscaler.kubernetes.io/safe-to-evict"] == "false"
    assert "nas-operator.io/trial-input" in annotations and annotations["prometheus.io/scrape"] == "true"


def test_placement_is_passed_on() -> None:
    spec = pod()
    assert spec["affinity"] == EVERYTHING["affinity"]
    assert (spec["priorityClassName"], spec["schedulerName"]) == ("batch-low", "binpacking")
    assert spec["runtimeClassName"] == "nvidia"


def test_trials_are_spread_by_their_search_unless_something_else_is_said() -> None:
    first, second = pod()["topologySpreadConstraints"]
    assert first == {
        "maxSkew": 1,
        "topologyKey": "topology.kubernetes.io/zone",
        "whenUnsatisfiable": "DoNotSchedule",
        "minDomains": 2,
        "labelSelector": {"matchLabels": {"nas-operator.io/search-uid": "uid-s"}},
    }
    assert second["labelSelector"] == {"matchLabels": {"a": "b"}}


def test_volumes_have_names_of_their_own_and_all_containers_see_them() -> None:
    spec = pod()
    mine = {v["name"]: v for v in spec["volumes"] if v["name"].startswith("own-")}
    assert mine == {
        "own-models": {"name": "own-models", "persistentVolumeClaim": {"claimName": "m", "readOnly": True}},
        "own-conf": {"name": "own-conf", "configMap": {"name": "proxies"}},
        "own-keys": {"name": "own-keys", "secret": {"secretName": "hub"}},
        "own-room": {"name": "own-room", "emptyDir": {"sizeLimit": "10Gi", "medium": "Memory"}},
        "own-fast": {
            "name": "own-fast",
            "ephemeral": {
                "volumeClaimTemplate": {
                    "spec": {
                        "accessModes": ["ReadWriteOnce"],
                        "resources": {"requests": {"storage": "100Gi"}},
                        "storageClassName": "nvme",
                    }
                }
            },
        },
    }
    for container in (*spec["containers"], *spec["initContainers"]):
        seen = {m["name"]: (m["mountPath"], m["readOnly"]) for m in container["volumeMounts"] if m["name"] in mine}
        assert seen == {
            "own-models": ("/mnt/models", True),
            "own-conf": ("/mnt/conf", True),
            "own-keys": ("/mnt/keys", True),
            "own-room": ("/mnt/room", False),
            "own-fast": ("/mnt/fast", False),
        }


@pytest.mark.parametrize(
    ("source", "group"),
    [
        ({"persistentVolumeClaim": {"claimName": "m"}}, True),
        ({"persistentVolumeClaim": {"claimName": "m"}, "readOnly": True}, False),
        ({"ephemeral": {"size": "1Gi"}}, True),
        ({"emptyDir": {"sizeLimit": "1Gi"}}, False),
        ({"configMap": {"name": "m"}}, False),
    ],
)
def test_a_volume_that_belongs_to_root_is_written_by_a_group(source: Json, group: bool) -> None:
    spec = pod(volumes=[{"name": "a", "mountPath": "/mnt/a", **source}])
    assert ("fsGroup" in spec["securityContext"]) is group


def test_variables_come_from_what_is_named() -> None:
    spec = pod()
    for container in (*spec["containers"], *spec["initContainers"]):
        assert container["envFrom"] == [{"secretRef": {"name": "hub"}}, {"configMapRef": {"name": "proxies"}}]


def test_devices_are_claimed_by_pod_and_container() -> None:
    spec = pod()
    assert spec["resourceClaims"] == EVERYTHING["resourceClaims"]
    assert spec["containers"][0]["resources"]["claims"] == [{"name": "gpu", "request": "big"}, {"name": "nic"}]
    assert "claims" not in spec["initContainers"][0]["resources"]


def test_what_prepares_data_and_what_exports_claims_no_device() -> None:
    export = build_export_job(begun(), export_of(source(trialTemplate=EVERYTHING)), "default:1", 60)
    for spec in (pod(Work.PREPARE), export["spec"]["template"]["spec"]):
        assert "resourceClaims" not in spec and "claims" not in spec["containers"][0]["resources"]
        assert spec["priorityClassName"] == "batch-low"
    assert export["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "gpus"
    [selector, _] = [c["labelSelector"] for c in export["spec"]["template"]["spec"]["topologySpreadConstraints"]]
    assert list(selector["matchLabels"]) == ["nas-operator.io/model"]


def test_init_containers_are_restricted_and_cost_nothing_more() -> None:
    spec = pod(
        initContainers=[{"name": "fetch", "command": ["fetch"]}],
        resources={"limits": {"nvidia.com/gpu": 1, "memory": "2Gi"}},
        imagePullPolicy="Never",
        env=[{"name": "A", "value": "b"}],
    )
    [first] = spec["initContainers"]
    assert first["securityContext"] == spec["containers"][0]["securityContext"]
    assert (first["image"], first["command"], first["imagePullPolicy"]) == ("default:1", ["fetch"], "Never")
    assert first["resources"] == {"limits": {"memory": "2Gi"}} and first["env"] == [{"name": "A", "value": "b"}]
    assert {m["mountPath"] for m in first["volumeMounts"]} == {"/tmp"}
