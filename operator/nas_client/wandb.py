"""Writing a search as runs of Weights & Biases, one for each trained candidate and one for the search, for `nasctl`.

The package `wandb` itself writes and sends them, offline and online alike: https://docs.wandb.ai/models/ref/python. A
run's ID is the UID of what it tells of, and its folder has a fixed name, so to write a search again doubles nothing.
Of this machine nothing is recorded: neither its packages and hardware, nor the program, its output and its repository.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

# Its default is to report crashes of its own to its makers. It is read when the package is imported.
os.environ["WANDB_ERROR_REPORTING"] = "false"

import wandb
from wandb.errors import CommError, Error

from nas_client.errors import InvalidInput, NotUploaded
from nas_client.exported_runs import best_so_far, candidate_runs, numeric
from nas_core.records.search import ReadableSearch
from nas_core.records.trial import TrialView
from nas_plan.tracking.run import Run, RunStatus
from nas_plan.tracking.search import search_run

FOLDER = "wandb"
"""Where `wandb sync` looks for runs when it is told of none."""
DIGEST = "nas.sha256"
"""File of a run's folder: what it was written from."""
SEARCH = "search"
"""Job type of the search's own run; those of candidates have the work of their trial."""


@dataclass(frozen=True)
class _Upload:
    """A run, and where it belongs."""

    run: Run
    project: str
    group: str
    config: Mapping[str, Any]

    @property
    def run_id(self) -> str:
        return self.run.key.replace("/", "-")

    @property
    def digest(self) -> str:
        return hashlib.sha256(repr((wandb.__version__, self)).encode()).hexdigest()


def default_project(search: ReadableSearch) -> str:
    """Return the project of a search for which none is named."""
    return f"{search.meta.namespace}.{search.meta.name}"


def write_runs(
    search: ReadableSearch,
    trials: Sequence[TrialView],
    folder: Path,
    project: str,
    written: Callable[[int], None] = lambda _: None,
) -> int:
    """Write runs for `wandb sync` below a folder, without a network; return how many there are then.

    One that is there and has not changed stays, so it is not sent again either. ``written`` is called with the number
    of runs, after each.

    Raises:
        InvalidInput: if a file cannot be written, or the project has a name that none can have.
    """
    uploads = _uploads(search, trials, project)
    try:
        (folder / FOLDER).mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".part-", dir=folder) as part, _service():
            for count, upload in enumerate(uploads, 1):
                _write(upload, folder / FOLDER, Path(part))
                written(count)
    except OSError as error:
        raise InvalidInput(f"{folder} cannot be written: {error.strerror or error}; name another folder") from error
    return len(uploads)


def send_runs(
    search: ReadableSearch, trials: Sequence[TrialView], project: str, sent: Callable[[int], None] = lambda _: None
) -> int:
    """Send runs to Weights & Biases as the user that `wandb` finds (WANDB_API_KEY or its login); return how many.

    Raises:
        NotUploaded: if it does not take them.
        InvalidInput: if there is no user, or the project has a name that none can have.
    """
    uploads = _uploads(search, trials, project)
    with TemporaryDirectory(prefix="nasctl-wandb-") as folder, _service():
        for count, upload in enumerate(uploads, 1):
            _log(upload, Path(folder), "online")
            sent(count)
    return len(uploads)


def _uploads(search: ReadableSearch, trials: Sequence[TrialView], project: str) -> list[_Upload]:
    whole = search_run(search)
    whole = replace(whole, points=tuple(best_so_far(search, trials)), tags={**whole.tags, "nas.work": SEARCH})
    runs = [whole, *candidate_runs(search, trials)]
    numbers = numeric(runs)
    return [_Upload(run, project, search.meta.name, _config(run, numbers)) for run in runs]


def _config(run: Run, numbers: Mapping[str, bool]) -> dict[str, Any]:
    """Return parameters and tags as nested mappings: what follows a dot in a name is a level below, once."""
    config: dict[str, Any] = {}
    values = {name: _number(value) if numbers[name] else value for name, value in run.params.items()}
    # A run of `wandb` has always begun when it was written.
    times = {"nas.started": run.started, "nas.ended": run.ended}
    stands = {"nas.status": str(run.status)} | {name: time.isoformat() for name, time in times.items() if time}
    for name, value in {**values, **run.tags, **stands}.items():
        group, _, inner = name.partition(".")
        if inner:
            config.setdefault(group, {})[inner] = value
        else:
            config[group] = value
    return config


def _number(text: str) -> float:
    try:
        return int(text)
    except ValueError:
        return float(text)


def _write(upload: _Upload, folder: Path, part: Path) -> None:
    began = upload.run.started.astimezone(UTC)
    final = folder / f"offline-run-{began:%Y%m%d_%H%M%S}-{upload.run_id}"
    digest = final / DIGEST
    if digest.exists() and digest.read_text() == upload.digest:
        return
    made = _log(upload, part, "offline")
    (made / DIGEST).write_text(upload.digest)
    for earlier in folder.glob(f"offline-run-*-{upload.run_id}"):
        shutil.rmtree(earlier)
    made.rename(final)


def _log(upload: _Upload, folder: Path, mode: Literal["online", "offline"]) -> Path:
    """Log a run; return the folder that `wandb` has made for it."""
    run = upload.run
    settings = wandb.Settings(
        console="off",
        disable_code=True,
        disable_git=True,
        disable_job_creation=True,
        host="nasctl",
        silent=True,
        x_disable_machine_info=True,
        x_disable_meta=True,
        x_disable_stats=True,
        x_save_requirements=False,
    )
    try:
        logged = wandb.init(
            mode=mode,
            dir=folder,
            id=upload.run_id,
            project=upload.project,
            group=upload.group,
            name=run.name,
            job_type=run.tags["nas.work"],
            config=dict(upload.config),
            reinit="create_new",
            settings=settings,
        )
        for step, points in groupby(sorted(run.points, key=lambda point: point.step), lambda point: point.step):
            at_once = list(points)
            values: dict[str, Any] = {point.metric: point.value for point in at_once}
            logged.log({**values, "_timestamp": at_once[-1].time.timestamp()}, step=step)
        logged.finish(exit_code=int(run.status == RunStatus.FAILED))
    except CommError as error:
        raise NotUploaded(f"Weights & Biases does not take run {run.name}: {error}; try again") from error
    except Error as error:
        raise InvalidInput(f"wandb: {error}") from error
    return Path(logged.dir).parent


@contextmanager
def _service() -> Iterator[None]:
    """End the process beside this one that `wandb` writes and sends with."""
    try:
        yield
    finally:
        wandb.teardown()
