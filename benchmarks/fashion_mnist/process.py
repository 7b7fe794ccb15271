"""A trial's process: what it tells, and the processor's time that it had spent by then."""

from __future__ import annotations

import itertools
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nas_core.contract import RESULT_FILE_ENV, TRIAL_FILE_ENV, TrialInput, TrialResult

TRAINER = "nas_trial"
"""The module that a pod runs."""


@dataclass(frozen=True)
class Event:
    """A line of a trial's log, and the seconds of the processor until it came."""

    values: dict[str, Any]
    cpu: float


@dataclass(frozen=True)
class Judged:
    """What came of a candidate."""

    metrics: dict[str, float] | None
    """None if it failed."""
    epoch_cpu: float
    """Seconds of the processor for an epoch, validation included: their median."""


@dataclass(frozen=True)
class Run:
    """A process that has ended."""

    events: Sequence[Event]
    result: TrialResult
    cpu: float
    """Seconds of the processor from its start to its end, of all threads: imports and reading the data included."""

    def judged(self, ids: Sequence[str]) -> dict[str, Judged]:
        """Return what came of each candidate of the trial, by id."""
        found: dict[str, Judged] = {}
        ends: list[float] = []
        for event in self.events:
            if event.values["event"] == "start":
                ends = [event.cpu]
            elif event.values["event"] == "epoch":
                ends.append(event.cpu)
            elif event.values["event"] == "candidate":
                metrics = event.values["metrics"] if event.values["outcome"] == "Succeeded" else None
                found[event.values["id"]] = Judged(metrics, epoch_cpu(ends))
        if len(ids) == 1:
            metrics = self.result.metrics if self.result.outcome == "Succeeded" else None
            found.setdefault(ids[0], Judged(metrics, epoch_cpu(ends)))
        return found


@dataclass(frozen=True)
class Runner:
    """Runs trials, each in a process of its own."""

    tell: Callable[[str], None]
    """Called with each line of progress."""

    def __call__(self, name: str, trial: TrialInput, module: str = TRAINER) -> Run:
        """Run a module on a trial's input; ``name`` is for the progress.

        Raises:
            RuntimeError: if it does not end well.
        """
        with tempfile.TemporaryDirectory() as directory:
            given, told = Path(directory, "trial.json"), Path(directory, "result.json")
            given.write_text(trial.model_dump_json(by_alias=True, exclude_none=True))
            env = os.environ | {TRIAL_FILE_ENV: str(given), RESULT_FILE_ENV: str(told)}
            before, events = _children_cpu(), []
            command = [sys.executable, "-m", module]
            with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as process:
                assert process.stdout is not None
                for line in process.stdout:
                    if line.startswith("{"):
                        event = Event(json.loads(line), _cpu(process.pid))
                        events.append(event)
                        self._tell(name, event)
            if process.returncode:
                raise RuntimeError(f"{name}: {module} ended with {process.returncode}: {events[-1:]}")
            result = TrialResult.model_validate_json(told.read_text())
        return Run(events, result, _children_cpu() - before)

    def _tell(self, name: str, event: Event) -> None:
        if event.values["event"] == "epoch":
            scores = [f"{key} {value:.4f}" for key, value in event.values.items() if key.endswith("_accuracy")]
            self.tell(f"{name}: epoch {event.values['epoch']}, {', '.join(scores)}, {event.cpu / 60:.1f} CPU min")


def epoch_cpu(ends: Sequence[float]) -> float:
    """Return the median time between the start of training and the ends of epochs; 0 if none has ended."""
    return statistics.median(b - a for a, b in itertools.pairwise(ends)) if len(ends) > 1 else 0.0


def _cpu(pid: int) -> float:
    """Return the seconds of the processor that a running process has spent, of all threads (proc(5), 14 and 15)."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
