"""The chart on a real cluster: what it installs works, keeps to its namespaces, and leaves users' objects behind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.kube import Kube, holds
from tests.support.release import Release
from tests.support.searches import check_record, search_on_digits
from tests.support.waiting import Waiter

from nas_dev.cluster.embedded import Cluster
from nas_dev.images.build import build_and_load
from nas_dev.steps import Steps

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="session")
def operator_image(running_cluster: Cluster) -> str:
    return build_and_load(Steps(), running_cluster, ["operator"])["operator"]


@pytest.fixture
def elsewhere(new_kube: Any) -> Kube:
    """A namespace that the operator is not told to serve."""
    kube: Kube = new_kube()
    return kube


@pytest.fixture
def release(new_kube: Any, kube: Kube, operator_image: str) -> Iterator[Release]:
    """The operator, installed to serve the test's namespace only."""
    release = Release(new_kube(), operator_image, watched=kube.namespace)
    try:
        release.upgrade()
        yield release
    finally:
        release.uninstall()


@pytest.fixture
def wait_for(kube: Kube, release: Release) -> Waiter:
    return Waiter(kube, release)


def small_search(name: str = "small", trials: int = 3) -> dict[str, Any]:
    template = {"image": "localhost/nas-custom-trainer:dev", "args": ["--seconds=0.2"]}
    return search_on_digits(name, trials, parallel=2, strategy={"random": {}}, trialTemplate=template)


def test_it_serves_the_namespaces_it_is_told_to_and_no_other(
    kube: Kube, elsewhere: Kube, release: Release, wait_for: Waiter
) -> None:
    elsewhere.apply(small_search())
    kube.apply(small_search())
    wait_for.condition("small", "Succeeded", timeout=120)
    check_record(kube.trials("small"), 3)
    assert kube.status("small")["trials"]["succeeded"] == 3
    assert (elsewhere.status("small"), elsewhere.list("nastrials"), elsewhere.list("jobs")) == ({}, [], [])
    page = release.metrics()
    assert f'nas_search_trials{{namespace="{kube.namespace}",state="succeeded"}} 3.0' in page
    assert elsewhere.namespace not in page


def test_its_rights_end_where_its_namespaces_end(kube: Kube, elsewhere: Kube, release: Release) -> None:
    for verb, what in (("create", "jobs"), ("patch", "nassearches"), ("get", "secrets/nas-storage")):
        assert release.may(verb, what, kube.namespace), f"{verb} {what}"
        assert not release.may(verb, what, elsewhere.namespace), f"{verb} {what}"
    for verb, what in (("get", "secrets/other"), ("list", "secrets"), ("create", "pods"), ("delete", "nassearches")):
        assert not release.may(verb, what, kube.namespace), f"{verb} {what}"
    assert not release.may("patch", "leases/another", kube.namespace)
    # What every account may do, asking what it may do, to read CRDs and Leases, and what policies need.
    harmless = {"authorization.k8s.io", "authentication.k8s.io", "apiextensions.k8s.io", "coordination.k8s.io"}
    policies = {("", "namespaces"), ("nas-operator.io", "naspolicies"), ("nas-operator.io", "naspolicies/status")}
    rights = release.rights(elsewhere.namespace)
    found = {(group, what) for rule in rights for group in rule["apiGroups"] for what in rule["resources"]}
    assert {(group, what) for group, what in found if group not in harmless} == policies
    assert "batch" in {group for rule in release.rights(kube.namespace) for group in rule["apiGroups"]}


def test_an_upgrade_rolls_the_operator_and_goes_on_with_its_searches(
    kube: Kube, release: Release, wait_for: Waiter
) -> None:
    search = small_search("long", trials=6)
    search["spec"]["trialTemplate"]["args"] = ["--seconds=2"]
    kube.apply(search)
    wait_for.counts("long", succeeded=1)
    [before] = release.pods()
    release.upgrade(log={"level": "DEBUG"})
    [after] = release.pods()
    assert after["metadata"]["uid"] != before["metadata"]["uid"]
    environment = {v["name"]: v.get("value") for v in after["spec"]["containers"][0]["env"]}
    assert environment["NAS_OPERATOR_LOG_LEVEL"] == "DEBUG"
    wait_for.condition("long", "Succeeded", timeout=120)
    check_record(kube.trials("long"), 6)


def test_what_users_made_outlives_it(kube: Kube, release: Release, wait_for: Waiter) -> None:
    kube.apply(small_search())
    wait_for.condition("small", "Succeeded", timeout=120)
    trials = kube.trials("small")
    release.uninstall()
    assert holds(kube.search("small"), "Succeeded") and kube.trials("small") == trials
    for crd in ("nassearches.nas-operator.io", "nastrials.nas-operator.io"):
        kube.cluster.kubectl("get", "crd", crd)
    for kind in ("clusterroles", "clusterrolebindings", "rolebindings", "deployments", "serviceaccounts", "services"):
        left = kube.cluster.kubectl(
            "get", kind, "--all-namespaces", "--output=name", f"--selector=app.kubernetes.io/instance={release.name}"
        )
        assert not left, f"{kind} left: {left}"
