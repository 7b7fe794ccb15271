"""Checkpoints that `storage.checkpointPolicy` lets go, on Kubernetes and on this machine.

The trainer of the tests stores nothing itself, so the tests do it in its name, while its trials run.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from tests.support.bucket import Bucket
from tests.support.kube import Kube
from tests.support.operator_process import Operator
from tests.support.searches import fault_search
from tests.support.waiting import Waiter

from nas_dev.paths import REPOSITORY
from nas_local.home import Home
from nas_storage.directory_store import DirectoryStore

TRAINER = REPOSITORY / "tests/images/fault-trial/trial.py"


def files(trial: str) -> list[str]:
    stems = [f"trials/{trial}/checkpoints/e0000{epoch}-s0000000-a001" for epoch in (1, 2)]
    return [f"{stem}.{ending}" for stem in stems for ending in ("json", "safetensors")]


TRIALS = [f"kept-{index:05d}" for index in range(3)]


@pytest.mark.cluster
def test_an_operator_that_is_killed_in_between_deletes_the_rest(
    kube: Kube, bucket: Bucket, operator: Operator, wait_for: Waiter
) -> None:
    storage = bucket.storage(checkpointPolicy="None")
    kube.apply(fault_search("kept", "--seconds=6", trials=3, parallel=3, storage=storage))
    wait_for.counts("kept", running=3)
    root = kube.status("kept")["storageRoot"].removeprefix(f"s3://{bucket.name}/")
    for trial in TRIALS:
        for key in files(trial):
            bucket.put(f"{root}/{key}", b"weights")

    def decided() -> bool:
        return any(trial.get("status", {}).get("checkpoints") for trial in kube.trials("kept"))

    wait_for(decided, 90, "the first decision is on record")
    operator.kill()
    operator.start()
    wait_for.condition("kept", "Succeeded")

    def gone() -> bool:
        return not [key for key in bucket.keys(root) if "/checkpoints/" in key]

    wait_for(gone, 60, "all checkpoints are deleted")
    wait_for(
        lambda: [trial["status"].get("checkpoints") for trial in kube.trials("kept")] == ["None"] * 3,
        30,
        "that is on record",
    )
    assert [key for key in bucket.keys(root) if key.endswith("result.json")], "results stay"


class Local:
    """A search on this machine, in a process that can be killed."""

    def __init__(self, folder: Path) -> None:
        self.home, self._spec, self._log = Home(folder / "home"), folder / "spec.json", folder / "run.log"
        storage = {"bucket": "any", "checkpointPolicy": "None"}
        spec = fault_search("kept", trials=3, parallel=2, storage=storage)["spec"]
        self._spec.write_text(json.dumps(spec | {"trialTemplate": {}}))
        self.store = DirectoryStore(self.home.objects)

    def start(self) -> subprocess.Popen[bytes]:
        trainer = [sys.executable, str(TRAINER), "--seconds=3"]
        command = [sys.executable, "-m", "tests.support.local_search", str(self.home.folder), str(self._spec), *trainer]
        with self._log.open("ab") as log:
            return subprocess.Popen(command, cwd=REPOSITORY, stdout=log, stderr=log)

    def until(self, check: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + 120
        while not check():
            assert process.poll() is None and time.monotonic() < deadline, self._log.read_text()
            time.sleep(0.05)

    def uid(self) -> str:
        try:
            return str(yaml.safe_load(self.home.search.read_text())["metadata"]["uid"])
        except FileNotFoundError:
            return ""

    def records(self) -> list[str | None]:
        found = [yaml.safe_load(path.read_text()) for path in sorted(self.home.trials.glob("*.yaml"))]
        return [trial.get("status", {}).get("checkpoints") for trial in found]


def test_a_run_on_this_machine_that_is_killed_in_between_does_too(tmp_path: Path) -> None:
    local = Local(tmp_path)
    local.store.put(f"default/search/another-uid/{files('search-00000')[0]}", b"weights of a former search")
    first = local.start()
    local.until(lambda: bool(local.uid()), first)
    for trial in TRIALS:
        for key in files(trial.replace("kept", "search")):
            local.store.put(f"default/search/{local.uid()}/{key}", b"weights")
    local.until(lambda: any(local.records()), first)
    first.kill()
    first.wait(30)
    second = local.start()
    assert second.wait(120) == 0, (tmp_path / "run.log").read_text()
    assert local.records() == ["None"] * 3
    left = [key for key in local.store.keys("default/") if "/checkpoints/" in key]
    assert left == [f"default/search/another-uid/{files('search-00000')[0]}"]
