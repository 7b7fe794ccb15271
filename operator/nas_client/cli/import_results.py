"""``nasctl import mlflow|optuna|katib``, which needs the extra ``validate``: results of other tools for a search.

Without ``--write`` or ``--to`` it only says what could be used. Exit code 1 if too little can be.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from nas_client.cli.options import Form, Output, Rows
from nas_client.cli.rows import write_rows
from nas_client.errors import InvalidInput
from nas_client.folder import objects_of
from nas_client.importing.entry import entry_of, name_of
from nas_client.importing.experiment import EarlierExperiment, number
from nas_client.importing.fit import DecisionFit, Fit, fit
from nas_client.importing.names import pairs_of
from nas_client.importing.sources import Tool, read
from nas_client.looking.buckets import open_bucket, reachable
from nas_client.manifest import as_stored, read_manifest, the_only
from nas_client.trial_table import Row
from nas_client.validation import space_in
from nas_core.api.storage import Storage
from nas_core.layout import imported_key
from nas_core.records.knowledge import Entry, write_entry
from nas_core.records.search import ReadableSearch, read_search
from nas_core.spaces import get_space
from nas_local.fit import with_folder
from nas_local.home import BUCKET
from nas_plan.copied_results import FEWEST
from nas_plan.resolve import resolve
from nas_storage.directory_store import DirectoryStore
from nas_storage.faults import StorageError

INTERRUPTED = "stopped; nothing was written"
EXIT_TOO_FEW = 1
SHOWN, LENGTH = 3, 40
"""Values that do not fit which are shown of a decision, and characters of one."""

EarlierTool = Annotated[Tool, typer.Argument(help="The tool that made the results.", show_default=False)]
Source = Annotated[
    str | None,
    typer.Argument(
        metavar="[FILE]",
        help="Optuna: its SQLite file or journal. MLflow: its SQLite file, or an answer to runs/search. Katib: "
        "Experiment and Trials as kubectl writes them; - is standard input.",
        show_default=False,
    ),
]
Manifest = Annotated[
    Path, typer.Option("--for", metavar="FILE", help="Manifest of the search that is to begin with them.")
]
Endpoint = Annotated[
    str | None, typer.Option(metavar="URL", help="MLflow server, in place of a file.", show_default=False)
]
Experiment = Annotated[
    str | None, typer.Option(metavar="NAME", help="Study or experiment, where there are several.", show_default=False)
]
Rename = Annotated[
    list[str] | None,
    typer.Option(metavar="EARLIER=HERE", help="Parameter that is a decision here; repeat it.", show_default=False),
]
Metric = Annotated[
    list[str] | None,
    typer.Option(metavar="EARLIER=HERE", help="Metric that is an objective here; repeat it.", show_default=False),
]
Fixed = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="HERE=VALUE", help="What a decision was in all of its trials; repeat it.", show_default=False
    ),
]
Name = Annotated[str | None, typer.Option("--as", metavar="NAME", help="Name of what is kept.", show_default=False)]
Write = Annotated[bool, typer.Option("--write", help="Keep it in the bucket of the manifest's spec.storage.")]
To = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="Keep it in a folder beside those of nasctl run.", show_default=False),
]


def command(
    tool: EarlierTool,
    source: Source = None,
    *,
    file: Manifest,
    experiment: Experiment = None,
    endpoint: Endpoint = None,
    rename: Rename = None,
    metric: Metric = None,
    fixed: Fixed = None,
    name: Name = None,
    write: Write = False,
    to: To = None,
    namespace: Annotated[str, typer.Option("-n", "--namespace", help="Of the search.")] = "default",
    output: Output = Form.TABLE,
) -> int:
    """Read the results, say which are of the search's space, and keep those.

    Raises:
        ClientError: if they or the manifest cannot be read, or nothing can be written.
    """
    search = _search(file, namespace)
    spec, space = search.spec, get_space(search.spec.search_space, search.spec.hyperparameters)
    options = (pairs_of(rename or [], "--rename"), pairs_of(metric or [], "--metric"), pairs_of(fixed or [], "--set"))
    found = read(tool, source, endpoint, experiment)
    result = fit(found, space, spec.objectives, *options)
    console = Console(soft_wrap=True, highlight=False)
    if output is Form.JSON:
        console.print_json(json.dumps(_as_json(found, result)))
    else:
        _show(found, result, console)
    if len(result.results) < FEWEST:
        Console(stderr=True, soft_wrap=True, highlight=False).print(
            f"{len(result.results)} results can be used, and {FEWEST} are the least that a search begins with",
            markup=False,
        )
        return EXIT_TOO_FEW
    if write or to is not None:
        entry = entry_of(found, result, spec, space, name_of(found, name))
        place = _put(entry, search, to)
        if output is Form.TABLE:
            console.print(
                f"{len(entry.results)} results are kept in {place}: warmStart: {{imported: [{entry.search}]}}",
                markup=False,
            )
    return 0


def _search(file: Path, namespace: str) -> ReadableSearch:
    """Return the search of a manifest with all that it leaves open, as the operator reads it."""
    objects = read_manifest(file)
    manifest = the_only(objects, "NASSearch", file)
    # As `nasctl run` reads it, which needs no storage in a manifest.
    search = read_search(as_stored(dict(with_folder(manifest)), namespace))
    where = search.meta.namespace
    space = space_in(objects, search.space_ref, where) if search.space_ref else None
    resolved = resolve(search, space)
    if not isinstance(resolved, ReadableSearch):
        raise InvalidInput(f"{file}: {resolved.error}")
    return resolved


def _put(entry: Entry, search: ReadableSearch, folder: Path | None) -> str:
    """Write an entry, in place of what was imported under its name; return where it is."""
    storage = search.storage
    if folder is None and (storage is None or storage.bucket == BUCKET):
        raise InvalidInput("--write needs the spec.storage of the manifest; set it, or give --to FOLDER")
    prefix = storage.prefix if storage and folder is None else ""
    key = imported_key(prefix, search.meta.namespace, entry.search)
    content = write_entry(entry)
    try:
        if folder is not None:
            objects = objects_of(folder)
            DirectoryStore(objects).put(key, content)
            return str(objects / key)
        assert isinstance(storage, Storage)
        open_bucket(reachable(storage, os.environ)).put(key, content)
    except StorageError as error:
        raise InvalidInput(
            f"it cannot be written: {error}. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and AWS_ENDPOINT_URL_S3 "
            "if the cluster's address of the server is not reachable from here"
        ) from error
    return f"s3://{storage.bucket}/{key}"


def _show(experiment: EarlierExperiment, found: Fit, console: Console) -> None:
    """Print what can be used for people."""
    complete = sum(trial.complete for trial in experiment.trials)
    console.print(
        f"{experiment.tool} {experiment.name!r}: {len(experiment.trials)} trials, {complete} complete", markup=False
    )
    for note in experiment.notes:
        console.print(f"note: {note}", markup=False, style="dim")
    rows: list[Row] = [
        {
            "decision": one.decision.name,
            "allowed here": _short(one.decision.expected),
            "from": one.source or "",
            "there": _short(one.earlier),
            "fit": one.fits,
            "do not fit": _wrong(one),
        }
        for one in found.decisions
    ]
    write_rows(rows, Rows.TABLE, "")
    for here, earlier in found.metrics.items():
        of = (
            f"is {earlier}"
            if earlier
            else f"is not measured there: --metric EARLIER={here}, of {_listed(experiment.goals)}"
        )
        console.print(f"objective {here} {of}", markup=False)
    if found.unused:
        console.print(f"not decisions here: {_listed(found.unused)}", markup=False)
    for reason, count in found.left_out.most_common():
        console.print(f"left out: {count}, {reason}", markup=False)
    console.print(f"{len(found.results)} of {len(experiment.trials)} trials can be used", markup=False)


def _wrong(one: DecisionFit) -> str:
    """Say which values do not fit, and what to do where there are none."""
    if one.source is None and not one.fits:
        return f"no such parameter: --rename EARLIER={one.decision.name} or --set {one.decision.name}=VALUE"
    values = [f"{_rounded(value) or 'none'} ({count})" for value, count in one.wrong.most_common(SHOWN)]
    more = len(one.wrong) - SHOWN
    return ", ".join([*values, *([f"and {more} more"] if more > 0 else [])])


def _rounded(text: str) -> str:
    """Return a value as people read it: few care for the last digits of a number."""
    value = number(text)
    return _short(text if value is None else f"{value:.4g}")


def _short(text: str) -> str:
    return text if len(text) <= LENGTH else f"{text[: LENGTH - 1]}…"


def _listed(names: Any) -> str:
    shown = list(names)[:20]
    return ", ".join([*map(_short, shown), *(["…"] if len(names) > len(shown) else [])]) or "none"


def _as_json(experiment: EarlierExperiment, found: Fit) -> dict[str, Any]:
    """Return what can be used for programs."""
    return {
        "tool": experiment.tool,
        "experiment": experiment.name,
        "trials": len(experiment.trials),
        "usable": len(found.results),
        "notes": list(experiment.notes),
        "decisions": [
            {
                "name": one.decision.name,
                "allowed": one.decision.expected,
                "from": one.source,
                "there": one.earlier,
                "fit": one.fits,
                "doNotFit": dict(one.wrong.most_common(SHOWN)),
            }
            for one in found.decisions
        ],
        "objectives": dict(found.metrics),
        "unused": list(found.unused),
        "leftOut": dict(found.left_out),
    }
