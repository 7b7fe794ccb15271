"""Checkpoints that `storage.checkpointPolicy` lets go, on Kubernetes and on this machine.

The trainer of the tests stores nothing itself, so the tests do it in its name, while its trials run.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.backends import OnThisMachine
from tests.support.bucket import Bucket
from tests.support.kube import Json, Kube
from tests.support.operator_process import Operator
from tests.support.searches import fault_search
from tests.support.waiting import Waiter

from nas_storage.directory_store import DirectoryStore


def files(trial: str) -> list[str]:
    stems = [f"trials/{trial}/checkpoints/e0000{epoch}-s0000000-a001" for epoch in (1, 2)]
    return [f"{stem}.{ending}" for stem in stems for ending in ("json", "safetensors")]


def records(trials: list[Json]) -> list[str | None]:
    """Return of each trial what its record says of its checkpoints."""
    return [trial.get("status", {}).get("checkpoints") for trial in trials]


TRIALS = [f"kept-{index:05d}" for index in range(3)]


@pytest.mark.cluster
def test_an_operator_that_is_killed_in_between_deletes_the_rest(
    kube: Kube, bucket: Bucket, operator: Operator, wait_for: Waiter
) -> None:
    storage = bucket.storage(checkpointPolicy="None")
    kube.apply(fault_search("kept", "--seconds=6", trials=3, parallel=3, storage=storage))
    wait_for.counts("kept", running=3)
    root = bucket.key_of(kube.status("kept")["storageRoot"])
    for trial in TRIALS:
        for key in files(trial):
            bucket.put(f"{root}/{key}", b"weights")

    wait_for(lambda: any(records(kube.trials("kept"))), 90, "the first decision is on record")
    operator.crash()
    wait_for.condition("kept", "Succeeded")

    def gone() -> bool:
        return not [key for key in bucket.keys(root) if "/checkpoints/" in key]

    wait_for(gone, 60, "all checkpoints are deleted")
    wait_for(lambda: records(kube.trials("kept")) == ["None"] * 3, 30, "that is on record")
    assert [key for key in bucket.keys(root) if key.endswith("result.json")], "results stay"


def test_a_run_on_this_machine_that_is_killed_in_between_does_too(tmp_path: Path) -> None:
    machine = OnThisMachine(tmp_path)
    store, former = DirectoryStore(machine.home.objects), f"default/search/another-uid/{files('search-00000')[0]}"
    store.put(former, b"weights of a former search")
    storage = {"bucket": "any", "checkpointPolicy": "None"}
    machine.begin("--seconds=3", storage=storage, budget={"maxTrials": 3})
    uid = machine.wait(lambda: machine.search()["metadata"].get("uid"), "the search is on record")
    for trial in TRIALS:
        for key in files(trial.replace("kept", "search")):
            store.put(f"default/search/{uid}/{key}", b"weights")
    machine.wait(lambda: any(records(machine.trials())), "the first decision is on record")
    machine.kill_the_run()
    machine.resume()
    _, trials = machine.finished()
    assert records(trials) == ["None"] * 3
    left = [key for key in store.keys("default/") if "/checkpoints/" in key]
    assert left == [former]
