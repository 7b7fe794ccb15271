"""Candidates in one process beside a process for each: what is paid besides training.

Both are the trainer's own process, as a pod runs it, without a storage. What a Job costs besides (scheduling, mounting,
pulling) comes on top of each and is not counted: packing saves that too.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tests.support.trials import trial_input

from nas_core.contract import RESULT_FILE_ENV, TRIAL_FILE_ENV
from nas_core.spaces.nas_bench_201 import NasBench201


@dataclass(frozen=True)
class Cost:
    """Seconds by the clock that all candidates took, and those spent in training."""

    total: float
    training: float

    @property
    def overhead(self) -> float:
        """Seconds that were not spent in training."""
        return self.total - self.training


def candidates(count: int) -> list[dict[str, Any]]:
    """Return so many different architectures."""
    space, rng = NasBench201(), np.random.default_rng(0)
    found: dict[str, dict[str, Any]] = {}
    while len(found) < count:
        architecture = space.sample(rng)
        identity = space.canonical_id(architecture)
        found[identity] = {"id": identity, "architecture": architecture, "origin": "Random"}
    return list(found.values())


def packed(specs: list[dict[str, Any]], **settings: Any) -> Cost:
    """Evaluate all in one process."""
    return run(trial_input(candidates=specs, **settings).model_dump_json(by_alias=True), len(specs))


def apart(specs: list[dict[str, Any]], **settings: Any) -> Cost:
    """Evaluate each in a process of its own, one after the other."""
    costs = [run(trial_input(candidates=[spec], **settings).model_dump_json(by_alias=True), 1) for spec in specs]
    return Cost(sum(cost.total for cost in costs), sum(cost.training for cost in costs))


def run(content: str, expected: int) -> Cost:
    """Run the trainer's process on an input; the seconds of training are in its result or, of several, its log."""
    with tempfile.TemporaryDirectory() as directory:
        given, result_file = Path(directory, "trial.json"), Path(directory, "result.json")
        given.write_text(content)
        env = os.environ | {TRIAL_FILE_ENV: str(given), RESULT_FILE_ENV: str(result_file)}
        started = time.perf_counter()
        process = subprocess.run(
            [sys.executable, "-m", "nas_trial"], env=env, stdout=subprocess.PIPE, text=True, check=True
        )
        total = time.perf_counter() - started
        lines = [json.loads(line) for line in process.stdout.splitlines() if line.startswith("{")]
        results = [line for line in lines if line["event"] == "candidate"] or [json.loads(result_file.read_text())]
    trained = [result["metrics"]["train_seconds"] for result in results if result["outcome"] == "Succeeded"]
    if len(trained) != expected:
        raise RuntimeError(f"{len(trained)} of {expected} candidates were trained:\n{process.stdout}")
    return Cost(total, sum(trained))
