"""``nasctl reproduce TRIAL``, which needs the extra ``local``: a training done again from its record, and compared.

Exit code 0 if both agree, 1 if they do not.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from nas_client.agreement import MOST_SEEDS, Comparison, Training, Verdict, judge, on_other_data, same
from nas_client.cli.claims import Claims, folders_of
from nas_client.cli.options import Context, Form, Kubeconfig, Namespace, Output, is_path, read_trial
from nas_client.cli.rows import plain_table
from nas_client.errors import InvalidInput
from nas_client.recorded import Recorded, of_bundle, of_trial, training_of
from nas_core.contract import DATA_DIRECTORY_ENV, GPUS_ENV, PROCESSES_ENV
from nas_core.states import Outcome
from nas_local.again import train_again
from nas_local.attempts import Resources
from nas_local.home import Home
from nas_model.bundle.opened import open_bundle
from nas_model.bundle.places import Folder

INTERRUPTED = "stopped; the record is as it was"
EXIT_DIFFERS = 1
CORES = os.cpu_count() or 1


def command(
    record: Annotated[
        str,
        typer.Argument(
            metavar="TRIAL",
            help="Name of a NASTrial, its file of nasctl run, or folder, tar file or s3:// address of a bundle.",
            show_default=False,
        ),
    ],
    seeds: Annotated[
        int, typer.Option(min=1, max=MOST_SEEDS, help="Trainings at most, if the first is not the same bit for bit.")
    ] = 3,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Default: those of the record, else all cores.", show_default=False)
    ] = None,
    gpus: Annotated[int, typer.Option(min=0, help="GPUs of this machine to use.")] = 0,
    data: Claims = None,
    directory: Annotated[
        Path | None, typer.Option("--dir", help="Keep the trainings in this folder.", show_default=False)
    ] = None,
    output: Output = Form.TABLE,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> int:
    """Train until it is clear whether both agree, and say so.

    Raises:
        InvalidInput: if there is no such record, or it cannot be trained here.
    """
    folders = folders_of(data or [])
    if record.startswith("s3://") or (is_path(record) and not record.endswith(".yaml")):
        recorded = of_bundle(record)
    else:
        recorded = of_trial(*read_trial(record, kubeconfig, context, namespace), folders)
    with ExitStack() as stack:
        place = directory.expanduser() if directory else Path(stack.enter_context(tempfile.TemporaryDirectory()))
        resources = _resources(recorded, threads or recorded.threads or CORES, gpus, folders)
        again = _again(recorded, seeds, place.absolute(), resources)
    verdict = judge(recorded.training, again, recorded.given.evaluation.deterministic, recorded.decisive)
    if output is Form.JSON:
        print(json.dumps(as_json(verdict), indent=2))  # noqa: T201
    else:
        _show(verdict, Console())
    return 0 if verdict.agrees else EXIT_DIFFERS


def _resources(recorded: Recorded, threads: int, gpus: int, folders: dict[str, str]) -> Resources:
    environment = {GPUS_ENV: str(gpus)} if gpus else {}
    if gpus > 1:
        environment[PROCESSES_ENV] = str(gpus)
    volume = recorded.given.task.dataset.volume
    if volume:
        if volume.claim_name not in folders:
            raise InvalidInput(
                f"its data are on a volume: say which folder stands for it: --data {volume.claim_name}=FOLDER"
            )
        environment[DATA_DIRECTORY_ENV] = folders[volume.claim_name]
    return Resources(threads, range(gpus), environment)


def _again(recorded: Recorded, seeds: int, place: Path, resources: Resources) -> list[Training]:
    """Train with the seed of the record and, where only chance can be the reason of a difference, with further ones."""
    trainings: list[Training] = []
    for seed in range(recorded.given.seed, recorded.given.seed + seeds):
        print(f"training {len(trainings) + 1} of at most {seeds}, seed {seed}", file=sys.stderr)  # noqa: T201
        trainings.append(_train(recorded, seed, place / f"seed-{seed}", resources))
        first = trainings[0]
        # Of other data no further seed tells anything.
        data_differ = on_other_data(recorded.training, first)
        if same(recorded.training, first) or recorded.given.evaluation.deterministic or data_differ:
            break
    return trainings


def _train(recorded: Recorded, seed: int, place: Path, resources: Resources) -> Training:
    try:
        place.mkdir(parents=True)
        result = asyncio.run(train_again(recorded.given.model_copy(update={"seed": seed}), place, resources))
    except FileExistsError as error:
        raise InvalidInput(f"{place} is there already; name another folder (--dir), or remove it") from error
    except OSError as error:
        raise InvalidInput(f"{place} cannot be used: {error.strerror or error}; name another folder (--dir)") from error
    if result.outcome != Outcome.SUCCEEDED:
        raise InvalidInput(f"it cannot be trained here: {result.reason}: {result.message}")
    if result.bundle:
        return training_of(open_bundle(Folder(Home(place).path_of(result.bundle))))
    return Training(result.metrics, result.dataset_hash)


def _show(verdict: Verdict, console: Console) -> None:
    table = plain_table()
    table.add_column("metric")
    table.add_column("recorded", justify="right")
    for number in range(max((len(row.again) for row in verdict.metrics), default=0)):
        table.add_column(f"again {number + 1}", justify="right")
    table.add_column("agrees")
    for row in verdict.metrics:
        table.add_row(row.metric, *map(_digits, (row.recorded, *row.again)), _word(row))
    console.print(table, soft_wrap=not console.is_terminal)
    for difference in verdict.differences:
        console.print(f"different: {difference}", markup=False, highlight=False, soft_wrap=True)
    said = f"{'it agrees' if verdict.agrees else 'it does not agree'}: {verdict.why}"
    console.print(said, style="green" if verdict.agrees else "red", highlight=False, soft_wrap=True)


def _digits(value: float | None) -> str:
    # All that there are: the last one may be the one that differs.
    return "-" if value is None else f"{value!r}"


def _word(row: Comparison) -> str:
    return {True: "yes", False: "no", None: ""}[row.agrees]


def as_json(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict for programs."""
    rows: Sequence[dict[str, Any]] = [
        {"metric": row.metric, "recorded": row.recorded, "again": list(row.again), "agrees": row.agrees}
        for row in verdict.metrics
    ]
    return {
        "agrees": verdict.agrees,
        "why": verdict.why,
        "metrics": rows,
        "differences": list(verdict.differences),
    }
