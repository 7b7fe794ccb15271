"""One search on either backend, and what can happen to it: for tests that hold both to the same."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import pytest
import yaml
from tests.support.bucket import Bucket
from tests.support.kube import Kube, condition
from tests.support.searches import Json, fault_search
from tests.support.waiting import Waiter

from nas_dev.paths import REPOSITORY
from nas_local.home import Home

TRAINER = REPOSITORY / "tests/images/fault-trial/trial.py"
NAME = "search"


class Backend(Protocol):
    """A search of four trials, two at a time, on a backend. Every method returns when what it does has happened."""

    def begin(self, *trainer: str) -> None:
        """Start it; the arguments are for the trainer (tests/images/fault-trial)."""

    def running(self) -> None:
        """Wait until trials run."""

    def kill_a_trial(self) -> None:
        """End a running trial's process without a word."""

    def suspend(self) -> None:
        """Suspend the search; its trials have ended then."""

    def resume(self) -> None:
        """Let it go on."""

    def storage_away(self) -> None:
        """Take the storage away."""

    def storage_back(self) -> None:
        """Bring it back."""

    def told(self, kind: str, reason: str) -> Json:
        """Wait for a condition with a reason; return it."""

    def finished(self) -> tuple[Json, list[Json]]:
        """Wait until the search has succeeded; return it and its trials, sorted by index."""

    def read(self, address: str) -> bytes:
        """Return an object of the search's storage."""


def spec_of(*trainer: str, **spec: Any) -> Json:
    """Return the search that both run."""
    search: Json = fault_search(NAME, *trainer, trials=4, parallel=2, ordered=True, **spec)
    return search


class OnKubernetes:
    """The operator, pods and an S3 server."""

    def __init__(self, kube: Kube, bucket: Bucket, wait_for: Waiter) -> None:
        self._kube, self._bucket, self._wait_for = kube, bucket, wait_for

    def begin(self, *trainer: str) -> None:
        self._kube.apply(spec_of(*trainer, storage=self._bucket.storage()))

    def running(self) -> None:
        self._wait_for.counts(NAME, running=1)

    def kill_a_trial(self) -> None:
        pod = self._kube.pods(NAME, "Running")[0]["metadata"]["name"]
        self._kube.kubectl("delete", "pod", pod, "--grace-period=0", "--force")

    def suspend(self) -> None:
        self._kube.patch(NAME, suspend=True)
        self._wait_for.condition(NAME, "Suspended", reason="Suspended")
        self._wait_for(lambda: not self._kube.pods(NAME), 30, "the pods are gone")

    def resume(self) -> None:
        self._kube.patch(NAME, suspend=None)

    def storage_away(self) -> None:
        self._bucket.remove()

    def storage_back(self) -> None:
        self._bucket.create()

    def told(self, kind: str, reason: str) -> Json:
        # What is wrong with a storage has more reasons on Kubernetes: a folder is there and can be used, or not.
        reasons = {"StorageError": "BucketNotFound"}
        return self._wait_for.condition(NAME, kind, reason=reasons.get(reason, reason))

    def finished(self) -> tuple[Json, list[Json]]:
        self._wait_for.condition(NAME, "Succeeded", timeout=120)
        return self._kube.search(NAME), self._kube.trials(NAME)

    def read(self, address: str) -> bytes:
        return self._bucket.get(self._bucket.key_of(address))


class OnThisMachine:
    """`nas_local`: processes and a folder."""

    def __init__(self, folder: Path) -> None:
        self.home = Home(folder / "home")
        self._spec, self._log, self._away = folder / "spec.json", folder / "run.log", self.home.folder / "away"
        self._trainer: tuple[str, ...] = ()
        self._run: subprocess.Popen[bytes] | None = None
        folder.mkdir(exist_ok=True)

    def begin(self, *trainer: str, **spec: Any) -> None:
        spec = spec_of(**spec)["spec"]
        self._spec.write_text(json.dumps({**spec, "trialTemplate": {}}))
        self._trainer = trainer
        self.resume()

    def resume(self) -> None:
        arguments = [str(self.home.folder), str(self._spec), sys.executable, str(TRAINER), *self._trainer]
        with self._log.open("ab") as log:
            command = [sys.executable, "-m", "tests.support.local_search", *arguments]
            self._run = subprocess.Popen(command, cwd=REPOSITORY, stdout=log, stderr=log)

    def running(self) -> None:
        self.wait(lambda: self._counts().get("running", 0) >= 1, "trials run")

    def kill_a_trial(self) -> None:
        live = [self._pid(path) for path in sorted(self.home.attempts.glob("*/process.json"))]
        os.killpg(next(pid for pid in live if pid), signal.SIGKILL)

    def suspend(self) -> None:
        assert self._run is not None
        self._run.send_signal(signal.SIGINT)
        assert self._run.wait(60) == 0, self._log.read_text()

    def kill_the_run(self) -> None:
        """End the run itself, without a word."""
        assert self._run is not None
        assert self._run.poll() is None, f"the run has ended by itself:\n{self._log.read_text()}"
        self._run.kill()
        self._run.wait(30)

    def storage_away(self) -> None:
        self.home.folder.mkdir(exist_ok=True)
        if self.home.objects.exists():
            self.home.objects.rename(self._away)
        # A file in the place of the folder: not even root can write below it.
        self.home.objects.write_text("")

    def storage_back(self) -> None:
        self.home.objects.unlink()
        with contextlib.suppress(FileNotFoundError):
            self._away.rename(self.home.objects)

    def told(self, kind: str, reason: str) -> Json:
        def check() -> Json | None:
            found = condition(self.search(), kind)
            return found if found.get("reason") == reason else None

        return self.wait(check, f"condition {kind} is {reason}")

    def finished(self) -> tuple[Json, list[Json]]:
        assert self._run is not None
        assert self._run.wait(300) == 0, self._log.read_text()
        return self.search(), self.trials()

    def read(self, address: str) -> bytes:
        return self.home.path_of(address).read_bytes()

    def search(self) -> Json:
        """Return the search; an empty one while there is none."""
        try:
            found: Json = yaml.safe_load(self.home.search.read_text())
        except FileNotFoundError:
            return {"metadata": {}, "status": {}}
        return found

    def trials(self) -> list[Json]:
        """Return its trials, sorted by index."""
        trials = [yaml.safe_load(path.read_text()) for path in self.home.trials.glob("*.yaml")]
        return sorted(trials, key=lambda trial: trial["spec"]["index"])

    def _counts(self) -> dict[str, int]:
        counts: dict[str, int] = self.search().get("status", {}).get("trials", {})
        return counts

    @staticmethod
    def _pid(path: Path) -> int | None:
        pid = int(json.loads(path.read_text())["pid"])
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return None
        return None if state == "Z" else pid

    def wait(self, check: Callable[[], Any], message: str) -> Any:
        """Return what ``check`` returns once that is true."""
        deadline = time.monotonic() + 60
        while not (answer := check()):
            if time.monotonic() > deadline:
                pytest.fail(f"not within 60 s: {message}\n{self._log.read_text()}")
            time.sleep(0.1)
        return answer
