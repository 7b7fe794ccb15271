"""Many runs in parallel processes. Each is kept as it ends, so a comparison can be interrupted and go on."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from nas_benchmark.entrants import Entrant, make
from nas_benchmark.scores import Scores
from nas_benchmark.simulation import Run, search
from nas_benchmark.spaces import read_space
from nas_benchmark.table import Table, Twins, read_table
from nas_core.api.strategy import Objective

Goal = Literal["maximize", "minimize"]


@dataclass(frozen=True)
class RunSettings:
    """What a run depends on besides entrant and seed."""

    space: str
    tables: tuple[str, ...]
    encoding: str | None
    goals: tuple[tuple[str, Goal], ...]
    """The columns that are searched on, and which way is better."""
    columns: tuple[str, ...]
    """Others that are kept, such as the test metric."""
    seconds: str | None
    twins: Twins
    budget: int
    workers: int
    scores: tuple[str, ...] = ()
    """Columns with zero-cost scores."""
    scored: int = 0
    """Candidates that each run draws, to know their scores before its first query."""

    @property
    def objectives(self) -> list[Objective]:
        """What is searched for. Columns may have names that no metric of a trial has, so they are not checked."""
        return [Objective.model_construct(metric=metric, goal=goal) for metric, goal in self.goals]

    @property
    def key(self) -> str:
        """Names the settings; files by what is in them."""
        files = [path for path in (self.space, *self.tables) if Path(path).is_file()]
        contents = [hashlib.sha256(Path(path).read_bytes()).hexdigest() for path in files]
        named = asdict(self) | {"tables": contents, "space": Path(self.space).stem}
        # Left out when unused: runs that were kept without these two fields keep their key.
        if not self.scores:
            del named["scores"], named["scored"]
        return hashlib.sha256(json.dumps(named, sort_keys=True).encode()).hexdigest()[:16]

    def read(self) -> Table:
        """Read the table."""
        metrics = (metric for metric, _ in self.goals)
        wanted = dict.fromkeys((*metrics, *self.columns, *([self.seconds] if self.seconds else []), *self.scores))
        paths = [Path(table) for table in self.tables]
        return read_table(paths, read_space(self.space), list(wanted), self.twins, self.encoding)

    def entrant(self, name: str, table: Table, seed: int) -> Entrant:
        """Return an entrant with its seed; ValueError as `entrants.make`."""
        scores = Scores(table, self.scores, self.scored) if self.scores else None
        return make(name, table.space, self.objectives, seed, scores)


Task = tuple[str, int]
"""Entrant and seed."""


def run_all(
    settings: RunSettings, tasks: Sequence[Task], kept: Path, processes: int, done: Callable[[Task], None]
) -> Mapping[Task, Run]:
    """Return the run of each task; ``done`` is called with each as it ends, with those kept from before at once."""
    key, runs = settings.key, {}
    for task, run in _kept(kept, key):
        if task in tasks and task not in runs:
            runs[task] = run
            done(task)
    missing = [task for task in tasks if task not in runs]
    if not missing:
        return runs
    # Not fork: a forked process would inherit locks that threads of this one hold, the progress bar's among them.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(min(processes, len(missing)), context, _begin, (settings,))
    try:
        with kept.open("a") as file:
            if file.tell():  # the last line may have been cut off, and the next is not to be lost with it
                file.write("\n")
            futures = {pool.submit(_run, task): task for task in missing}
            for future in as_completed(futures):
                task = futures[future]
                runs[task] = future.result()
                file.write(json.dumps({"settings": key, "task": task, "run": asdict(runs[task])}) + "\n")
                # At once: what has ended is kept even if this process is killed.
                file.flush()
                done(task)
    finally:  # when interrupted, runs that have not begun are dropped
        pool.shutdown(wait=True, cancel_futures=True)
    return runs


def _kept(path: Path, key: str) -> Iterator[tuple[Task, Run]]:
    if not path.exists():
        return
    with path.open() as file:
        for line in file:
            try:
                entry: dict[str, Any] = json.loads(line)
            except ValueError:  # cut off while it was written
                continue
            if entry["settings"] == key:
                name, seed = entry["task"]
                yield (name, seed), Run(**entry["run"])


_of_process: list[tuple[RunSettings, Table]] = []


def _begin(settings: RunSettings) -> None:
    """Read the table once a process."""
    _of_process.append((settings, settings.read()))


def _run(task: Task) -> Run:
    settings, table = _of_process[0]
    name, seed = task
    return search(settings.entrant(name, table, seed), table, settings.budget, settings.workers, settings.seconds)
