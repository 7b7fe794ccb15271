"""Fixtures of the tests that need a cluster.

They use the embedded cluster of `nas_dev` that ``CLUSTER`` names (dev), brought up if need be, so they may run at any
time and side by side (``pytest -n 3``): each test has a namespace, a bucket and an operator process of its own. A test
that takes the API server or the storage down is marked ``alone``.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from tests.support.bucket import Bucket
from tests.support.cluster import prepared
from tests.support.inside import free_ports
from tests.support.kube import Kube
from tests.support.mlflow_process import MlflowProcess
from tests.support.operator_process import Operator
from tests.support.sharing import share
from tests.support.waiting import Waiter, describe

from nas_dev.cluster.embedded import Cluster
from nas_dev.images.build import build_and_load
from nas_dev.steps import Steps


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--run-slow", action="store_true", help="run the tests marked slow, which take minutes")


def pytest_configure(config: pytest.Config) -> None:
    # How fast a machine is says nothing of the code: no deadline, no complaint of slow draws.
    settings.register_profile("any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("any-machine")
    config.addinivalue_line("markers", "alone: takes a part of the cluster down; no other test runs beside it")
    config.addinivalue_line("markers", "slow: takes minutes; skipped without --run-slow")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put tests that compute first, and those that take the cluster alone last.

    Tests without a cluster train on this machine, some for a minute: begun last, one worker would end alone with them.
    For those that are alone nobody waits when they come last, nor finds the cluster recovering from them.
    """
    if not config.getoption("--run-slow"):
        for item in items:
            if item.get_closest_marker("slow"):
                item.add_marker(pytest.mark.skip(reason="slow; run with --run-slow"))
    items.sort(key=lambda item: [item.get_closest_marker(mark) is not None for mark in ("alone", "cluster")])


@pytest.fixture(scope="session")
def running_cluster() -> Cluster:
    return prepared(Cluster(os.environ.get("CLUSTER", "dev")))


@pytest.fixture(scope="session")
def small_images(running_cluster: Cluster) -> dict[str, str]:
    return build_and_load(Steps(), running_cluster, ["custom-trainer", "fault-trial"])


@pytest.fixture(scope="session")
def trial_image(running_cluster: Cluster) -> str:
    """The image with PyTorch: minutes to build when its dependencies changed."""
    return build_and_load(Steps(), running_cluster, ["trial"])["trial"]


@pytest.fixture
def cluster(
    running_cluster: Cluster, small_images: dict[str, str], request: pytest.FixtureRequest
) -> Iterator[Cluster]:
    alone = request.node.get_closest_marker("alone") is not None
    with share(running_cluster.directory, alone):
        yield running_cluster


@pytest.fixture
def new_kube(cluster: Cluster) -> Iterator[Callable[[], Kube]]:
    """Makes namespaces that take only pods of the restricted standard; all are removed after the test."""
    made: list[Kube] = []

    def make() -> Kube:
        name = f"test-{secrets.token_hex(4)}"
        labels = {"pod-security.kubernetes.io/enforce": "restricted"}
        cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
        made.append(Kube(cluster, name))
        return made[-1]

    yield make
    for kube in made:
        for search in kube.list("nassearches"):
            # Its operator has ended: nobody is left to wait for.
            patch = '--patch={"metadata":{"finalizers":null}}'
            kube.kubectl("patch", "nassearch", search["metadata"]["name"], "--type=merge", patch, check=False)
        cluster.kubectl("delete", "namespace", kube.namespace, "--wait=false", "--ignore-not-found")


@pytest.fixture
def kube(new_kube: Callable[[], Kube]) -> Kube:
    """The test's namespace."""
    return new_kube()


@pytest.fixture
def operator(cluster: Cluster, kube: Kube, tmp_path: Path) -> Iterator[Operator]:
    """An operator that serves the test's namespace."""
    operator = Operator(cluster, kube.namespace, tmp_path / "operator.log")
    operator.start()
    yield operator
    operator.stop()


@pytest.fixture
def mlflow(cluster: Cluster, tmp_path: Path) -> Iterator[MlflowProcess]:
    """MLflow's server where the cluster reaches it, not started yet."""
    server = MlflowProcess(tmp_path, free_ports(cluster, 1)[0], cluster.nsenter_prefix)
    yield server
    server.kill()


@pytest.fixture
def wait_for(kube: Kube, operator: Operator) -> Waiter:
    return Waiter(kube, operator)


@pytest.fixture
def bucket(cluster: Cluster, kube: Kube) -> Iterator[Bucket]:
    """A fresh bucket, and the namespace's Secret for it."""
    bucket = Bucket(cluster, kube.namespace)
    bucket.create()
    kube.apply(bucket.secret())
    yield bucket
    bucket.remove()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Function) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the state of the cluster with a test that failed, unless its message does."""
    report = yield
    if report.when == "call" and report.failed and "operator" in item.funcargs:
        kube, operator = item.funcargs["kube"], item.funcargs["operator"]
        assert isinstance(kube, Kube)
        assert isinstance(operator, Operator)
        state = describe(kube, operator)
        if "== operator's log" not in report.longreprtext:
            report.sections.append(("the cluster when the test failed", state))
    return report
