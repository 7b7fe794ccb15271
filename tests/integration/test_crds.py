"""The CRDs in a real API server, and what kubectl makes of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from tests.support.kube import Json, Kube

from nas_core.api.search import NASSearchSpec
from nas_core.crd.schema import custom_resource_definitions
from nas_core.crd.served import missing
from nas_dev.cluster.embedded import Cluster
from nas_dev.paths import REPOSITORY

pytestmark = pytest.mark.cluster

NAMES = ["nasmodels.nas-operator.io", "nassearches.nas-operator.io", "nastrials.nas-operator.io"]
SEARCH: Json = {
    "apiVersion": "nas-operator.io/v1alpha1",
    "kind": "NASSearch",
    "metadata": {"name": "small"},
    "spec": {"task": {"dataset": {"name": "digits"}}},
}
TRIAL: Json = {
    "apiVersion": "nas-operator.io/v1alpha1",
    "kind": "NASTrial",
    "metadata": {"name": "small-00007", "labels": {"nas-operator.io/search": "small"}},
    "spec": {
        "index": 7,
        "basis": 3,
        "seed": 1,
        "candidates": [{"id": "abc", "architecture": {"edge0": "none"}, "text": "|none~0|", "origin": "Mutation"}],
    },
}


def conditions(**reasons: str) -> list[Json]:
    """Return conditions that are True, each with its reason."""
    return [
        {"type": kind, "status": "True", "reason": reason, "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"}
        for kind, reason in reasons.items()
    ]


def set_status(kube: Kube, kind: str, name: str, status: Json) -> None:
    patch = f"--patch={json.dumps({'status': status})}"
    kube.kubectl("patch", kind, name, "--subresource=status", "--type=merge", patch)


def table(text: str) -> list[dict[str, str]]:
    """Read what ``kubectl get`` prints: columns begin where their titles do."""
    head, *rows = text.splitlines()
    titles = head.split()
    starts = [head.index(title) for title in titles] + [None]
    cells = list(zip(titles, starts, starts[1:], strict=False))
    return [{title: row[start:end].strip() for title, start, end in cells} for row in rows]


@pytest.mark.parametrize("name", NAMES)
def test_the_schema_is_structural_and_served(name: str, cluster: Cluster) -> None:
    crd = json.loads(cluster.kubectl("get", "crd", name, "--output=json"))
    standing = {condition["type"]: condition["status"] for condition in crd["status"]["conditions"]}
    assert standing["Established"] == standing["NamesAccepted"] == "True"
    assert standing.get("NonStructuralSchema", "False") == "False"
    [ours] = [one for one in custom_resource_definitions() if one["metadata"]["name"] == name]
    assert missing(ours, crd) == [], "an operator of this version starts on it"


def test_the_committed_files_are_what_the_api_server_keeps(cluster: Cluster) -> None:
    """Nothing that it adds by itself shows as drift to Argo CD or Flux."""
    assert cluster.kubectl("diff", "--server-side", "--force-conflicts", f"--filename={REPOSITORY / 'crds'}") == ""


def test_applying_the_crds_again_changes_nothing(cluster: Cluster) -> None:
    files = f"--filename={REPOSITORY / 'crds'}"
    cluster.kubectl("apply", files)
    assert all(line.endswith(" unchanged") for line in cluster.kubectl("apply", files).splitlines())


@pytest.mark.parametrize("flags", [(), ("--server-side",)], ids=["client-side", "server-side"])
def test_applying_a_search_again_changes_nothing(flags: tuple[str, ...], kube: Kube) -> None:
    """What the API server filled in is no drift."""
    manifest = json.dumps(SEARCH)
    kube.kubectl("apply", "--filename=-", *flags, stdin=manifest)
    first = kube.search("small")["metadata"]
    kube.kubectl("apply", "--filename=-", *flags, stdin=manifest)
    assert kube.search("small")["metadata"]["resourceVersion"] == first["resourceVersion"]
    assert kube.kubectl("diff", "--filename=-", *flags, stdin=manifest) == ""


def test_the_api_server_fills_in_what_the_model_does(kube: Kube) -> None:
    kube.apply(SEARCH)
    stored = kube.search("small")["spec"]
    assert stored["evaluation"]["optimizer"]["momentum"] == "0.9", "defaults reach nested objects"
    assert "suspend" not in stored
    assert NASSearchSpec.model_validate(stored) == NASSearchSpec.model_validate(SEARCH["spec"])


def test_numbers_need_no_quotes_where_kubernetes_needs_none(kube: Kube) -> None:
    spec = {
        **SEARCH["spec"],
        "constraints": [{"metric": "parameters", "min": "1e3", "max": 500000}],
        "trialTemplate": {"resources": {"limits": {"nvidia.com/gpu": 1, "cpu": "500m"}}},
    }
    kube.apply(SEARCH | {"spec": spec})
    read = NASSearchSpec.model_validate(kube.search("small")["spec"])
    assert read.trial_template.resources.limits == {"nvidia.com/gpu": "1", "cpu": "500m"}
    assert (read.constraints[0].min, read.constraints[0].max) == ("1e3", "500000")


def test_status_is_written_apart_from_spec(kube: Kube) -> None:
    kube.apply(SEARCH | {"status": {"progress": "20/20"}})
    assert "status" not in kube.search("small"), "a manifest cannot claim a status"
    before = kube.search("small")["metadata"]["generation"]
    set_status(kube, "nassearch", "small", {"progress": "1/20"})
    after = kube.search("small")
    assert (after["status"], after["metadata"]["generation"]) == ({"progress": "1/20"}, before)


def test_kubectl_waits_for_a_condition(kube: Kube) -> None:
    kube.apply(SEARCH)
    with pytest.raises(RuntimeError, match="timed out"):
        kube.kubectl("wait", "nassearch/small", "--for=condition=Succeeded", "--timeout=1s")
    set_status(kube, "nassearch", "small", {"conditions": conditions(Succeeded="BudgetSpent")})
    assert "condition met" in kube.kubectl("wait", "nassearch/small", "--for=condition=Succeeded", "--timeout=10s")


def test_get_shows_how_a_search_stands(kube: Kube) -> None:
    kube.apply(SEARCH)
    best = {"trial": "small-00003", "architecture": "|nor_conv_3x3~0|", "id": "abc", "metrics": {"val_accuracy": 0.97}}
    status = {
        "conditions": conditions(Progressing="Searching"),
        "progress": "12/20",
        "bestValue": "0.97",
        "trials": {"running": 2, "failed": 1},
        "plan": {
            "strategy": "regularizedEvolution",
            "candidates": 20,
            "epochs": 200,
            "objective": "val_accuracy",
        },
        "best": [best],
    }
    set_status(kube, "nassearch", "small", status)
    [row] = table(kube.kubectl("get", "nas"))
    assert row.pop("AGE")
    assert row == {
        "NAME": "small",
        "STATUS": "Searching",
        "PROGRESS": "12/20",
        "BEST": "0.97",
        "OBJECTIVE": "val_accuracy",
        "RUNNING": "2",
    }
    [wide] = table(kube.kubectl("get", "nas", "--output=wide"))
    assert (wide["FAILED"], wide["STRATEGY"], wide["ARCHITECTURE"]) == ("1", "regularizedEvolution", "|nor_conv_3x3~0|")


def test_get_shows_what_a_trial_does(kube: Kube) -> None:
    kube.apply(TRIAL)
    status = {"conditions": conditions(Progressing="Running"), "objective": "0.912, 431000", "epoch": 4}
    set_status(kube, "nastrial", "small-00007", status)
    [row] = table(kube.kubectl("get", "nast", "--output=wide"))
    assert row.pop("AGE")
    assert row == {
        "NAME": "small-00007",
        "SEARCH": "small",
        "INDEX": "7",
        "STATUS": "Running",
        "OBJECTIVE": "0.912, 431000",
        "EPOCH": "4",
        "ORIGIN": "Mutation",
        "ARCHITECTURE": "|none~0|",
    }


def test_both_kinds_are_found_by_their_category(kube: Kube) -> None:
    kube.apply(SEARCH, TRIAL)
    listed = kube.kubectl("get", "nas-operator", "--output=name").split()
    assert listed == ["nassearch.nas-operator.io/small", "nastrial.nas-operator.io/small-00007"]


def test_explain_describes_every_field_of_a_search(cluster: Cluster) -> None:
    strategy = " ".join(cluster.kubectl("explain", "nassearch.spec.strategy").split())
    assert "How the next candidates are chosen. If it names no strategy, the operator chooses one." in strategy
    assert "regularizedEvolution <Object> Aging evolution: mutates or crosses the best of a sample" in strategy
    task = " ".join(cluster.kubectl("explain", "nassearch.spec.task").split())
    assert "dataset <Object> -required- The examples to learn from." in task
    goal = " ".join(cluster.kubectl("explain", "nassearch.spec.objectives.goal").split())
    assert "ENUM: maximize minimize DESCRIPTION: Which direction is better." in goal


@pytest.mark.parametrize("path", sorted((REPOSITORY / "examples").glob("*.yaml")), ids=lambda path: path.name)
def test_the_examples_are_accepted(path: Path, kube: Kube) -> None:
    searches = [d for d in yaml.safe_load_all(path.read_text()) if d and d["kind"] == "NASSearch"]
    assert searches
    for search in searches:
        search["metadata"].pop("namespace", None)
        kube.kubectl("create", "--dry-run=server", "--validate=strict", "--filename=-", stdin=json.dumps(search))
