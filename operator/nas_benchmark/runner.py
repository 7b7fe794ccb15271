"""Many runs, in processes side by side; each is kept as it ends, so that a run that was cut off goes on."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nas_benchmark.contest import Run, search
from nas_benchmark.contestants import make
from nas_benchmark.table import Table, Twins, read_table
from nas_core.api.space import SearchSpaceSpec
from nas_core.api.strategy import Objective
from nas_core.spaces import get_space


@dataclass(frozen=True)
class Settings:
    """What a run depends on besides contestant and seed."""

    space: str
    table: str
    metric: str
    goal: str
    columns: tuple[str, ...]
    """Others that are kept, such as the test metric."""
    cost: str | None
    twins: Twins
    budget: int
    workers: int

    @property
    def objective(self) -> Objective:
        """What is searched for."""
        return Objective.model_validate({"metric": self.metric, "goal": self.goal})

    @property
    def sign(self) -> float:
        """1: more is better."""
        return self.objective.sign

    @property
    def key(self) -> str:
        """Names the settings; the table by what is in it."""
        content = hashlib.sha256(Path(self.table).read_bytes()).hexdigest()
        return hashlib.sha256(json.dumps(asdict(self) | {"table": content}, sort_keys=True).encode()).hexdigest()[:16]

    def read(self) -> Table:
        """Read the table."""
        space = get_space(SearchSpaceSpec.model_validate({"name": self.space}))
        wanted = dict.fromkeys((self.metric, *self.columns, *([self.cost] if self.cost else [])))
        return read_table(Path(self.table), space, list(wanted), self.twins)


Task = tuple[str, int]
"""Contestant and seed."""


def run_all(
    settings: Settings, tasks: Sequence[Task], kept: Path, processes: int, done: Callable[[Task], None]
) -> Mapping[Task, Run]:
    """Return the run of each task; ``done`` is told of each as it ends, those kept from before at once."""
    key, runs = settings.key, {}
    for task, run in _kept(kept, key):
        if task in tasks:
            runs[task] = run
            done(task)
    missing = [task for task in tasks if task not in runs]
    context = multiprocessing.get_context("spawn")
    with (
        kept.open("a") as file,
        ProcessPoolExecutor(processes, context, _begin, (settings,)) as pool,
    ):
        futures = {pool.submit(_run, task): task for task in missing}
        for future in as_completed(futures):
            task = futures[future]
            runs[task] = future.result()
            file.write(json.dumps({"settings": key, "task": task, "run": asdict(runs[task])}) + "\n")
            file.flush()
            done(task)
    return runs


def _kept(path: Path, key: str) -> Iterator[tuple[Task, Run]]:
    if not path.exists():
        return
    for line in path.read_text().splitlines():
        try:
            entry: dict[str, Any] = json.loads(line)
        except ValueError:  # cut off while it was written
            continue
        if entry["settings"] == key:
            name, seed = entry["task"]
            yield (name, seed), Run(**entry["run"])


_of_process: list[tuple[Settings, Table]] = []


def _begin(settings: Settings) -> None:
    """Read the table once a process."""
    _of_process.append((settings, settings.read()))


def _run(task: Task) -> Run:
    settings, table = _of_process[0]
    name, seed = task
    strategy = make(name, table.space, [settings.objective], seed)
    return search(strategy, table, settings.metric, settings.sign, settings.budget, settings.workers, settings.cost)
