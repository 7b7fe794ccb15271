"""Runs the trainer as its container does, in a process of its own, and watches its memory and its log."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nas_core.api.space import SearchSpaceSpec
from nas_core.contract import RESULT_FILE_ENV, TRIAL_FILE_ENV
from nas_core.spaces import get_space

POLL_S = 0.02


@dataclass(frozen=True)
class Run:
    """A trial that has ended."""

    seconds: float
    cpu_seconds: float
    anonymous_mib: float
    """The most memory of its own that it had, worker processes included. Files that are mapped are not in it."""
    events: tuple[tuple[float, Mapping[str, Any]], ...]
    """Its log: seconds after the start, and the line."""
    result: Mapping[str, Any]

    def seconds_to(self, event: str) -> float:
        """Return when the first line of an event was written."""
        return next(at for at, line in self.events if line.get("event") == event)


def trial_input(space: Mapping[str, Any], task: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """Return the file that a trial of a random architecture reads."""
    drawn = get_space(SearchSpaceSpec.model_validate(space)).sample(np.random.default_rng(0))
    return {
        "identity": {"namespace": "b", "search": "b", "searchUID": "b", "trial": "b-0", "index": 0, "attempt": 1},
        "space": space,
        "candidates": [{"id": "c", "architecture": dict(drawn), "origin": "Random"}],
        "task": task,
        "seed": 1,
        **more,
    }


def run(given: Mapping[str, Any], environment: Mapping[str, str] | None = None, module: str = "nas_trial") -> Run:
    """Run one attempt to its end."""
    with tempfile.TemporaryDirectory() as folder:
        file, result = Path(folder, "trial.json"), Path(folder, "result.json")
        file.write_text(json.dumps(given))
        env = os.environ | {TRIAL_FILE_ENV: str(file), RESULT_FILE_ENV: str(result), "TMPDIR": folder}
        started, before = time.monotonic(), os.times()
        process = subprocess.Popen(
            [sys.executable, "-m", module],
            env=env | dict(environment or {}),
            stdout=subprocess.PIPE,
            text=True,
        )
        watch = Memory(process.pid)
        watch.start()
        events = []
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("{"):
                events.append((time.monotonic() - started, json.loads(line)))
        process.wait()
        seconds = time.monotonic() - started
        watch.join()
        after = os.times()
        read = json.loads(result.read_text())
    if read.get("outcome") != "Succeeded":
        raise RuntimeError(f"the trial failed: {read.get('reason')}: {read.get('message')}")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Run(seconds, cpu, watch.peak_kib / 1024, tuple(events), read)


class Memory(threading.Thread):
    """Adds up the anonymous memory of a process and its children until it ends."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid, self.peak_kib = pid, 0

    def run(self) -> None:
        """Look every 20 ms."""
        while Path(f"/proc/{self._pid}/stat").exists():
            family = [self._pid, *_children(self._pid)]
            self.peak_kib = max(self.peak_kib, sum(map(_anonymous_kib, family)))
            if _ended(self._pid):
                break
            time.sleep(POLL_S)


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _anonymous_kib(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    # Shared memory counts too: worker processes hand their batches on through it.
    return sum(int(line.split()[1]) for line in lines if line.startswith(("RssAnon:", "RssShmem:")))


def _ended(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True
