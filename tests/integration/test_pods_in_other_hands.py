"""Pods that others change: a clean-up controller deletes them as they end, a service mesh adds a container to them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.kube import Kube, attempts, holds
from tests.support.mutated_pods import mutated_pods
from tests.support.searches import FAULT_IMAGE, fault_search
from tests.support.waiting import Waiter

from nas_operator.manifests.template import RESTRICTED

pytestmark = pytest.mark.cluster


def test_pods_that_are_deleted_as_they_end_have_given_their_results(kube: Kube, wait_for: Waiter) -> None:
    """As a clean-up controller does it, or the garbage collection of a full node."""
    over, deleted = threading.Event(), set()

    def clean_up() -> None:
        while not over.wait(0.05):
            for pod in kube.pods("cleaned"):
                name, states = pod["metadata"]["name"], pod["status"].get("containerStatuses", ())
                if name not in deleted and any("terminated" in each["state"] for each in states):
                    deleted.add(name)
                    kube.kubectl("delete", "pod", name, "--grace-period=0", "--force", "--wait=false", check=False)

    cleaner = threading.Thread(target=clean_up)
    cleaner.start()
    try:
        kube.apply(fault_search("cleaned", "--seconds=1", trials=6, template={"maxAttempts": 3}))
        wait_for.condition("cleaned", "Succeeded")
    finally:
        over.set()
        cleaner.join()
    assert len(deleted) >= 6
    trials = kube.trials("cleaned")
    assert len(trials) == 6 and all(holds(trial, "Succeeded") for trial in trials)


@pytest.fixture
def mesh(kube: Kube, tmp_path: Path) -> Iterator[None]:
    """Puts a container that never ends in front of the trial's, where some meshes put theirs."""
    proxy = {
        "name": "proxy",
        "image": FAULT_IMAGE,
        "command": ["python3", "-c", "import signal; signal.signal(15, lambda *_: exit(0)); signal.pause()"],
        "securityContext": RESTRICTED,
    }
    with mutated_pods(kube, tmp_path, [{"op": "add", "path": "/spec/containers/0", "value": proxy}]):
        yield


@pytest.mark.usefixtures("mesh")
def test_a_trial_ends_with_its_container_whatever_runs_beside_it(kube: Kube, wait_for: Waiter) -> None:
    kube.apply(fault_search("meshed", "--seconds=1", trials=2, parallel=1, template={"maxAttempts": 1}))
    wait_for(lambda: kube.pods("meshed", "Running"), 30, "a trial runs")
    assert kube.pods("meshed")[0]["spec"]["containers"][0]["name"] == "proxy"
    wait_for.condition("meshed", "Succeeded")
    assert [attempts(trial) for trial in kube.trials("meshed")] == [[(1, "Succeeded")]] * 2
