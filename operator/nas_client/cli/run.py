"""``nasctl run FILE``, which needs the extra ``local``: a search on this machine; exit code 0 if it succeeded.

Ctrl-C lets the trials write their checkpoints; the same command goes on from there.
"""

from __future__ import annotations

import asyncio
import os
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from nas_client.cli.claims import Claims, folders_of
from nas_client.cli.follow import display_for
from nas_client.cli.options import EXIT_NOT_SUCCEEDED
from nas_client.cli.screen import best_table
from nas_client.errors import ExtraMissing, InvalidInput
from nas_client.manifest import Json, as_stored, read_manifest, the_only
from nas_client.search_state import SearchState, Summary
from nas_client.validation import findings, space_in
from nas_core.records.search import ReadableSearch, SearchView, read_search
from nas_core.records.trial import TrialView
from nas_local.backend import Machine
from nas_local.errors import LocalRunError
from nas_local.fit import at_once, left_out, obstacles, with_folder
from nas_local.home import Home
from nas_local.run import run

INTERRUPTED = "stopped; the same command goes on from here"
EXIT_STOPPED = 130
CORES = os.cpu_count() or 1
SHOWN = 20
"""Mistakes of a manifest that are told: what is wrong in many places is mostly one mistake."""

Folder = Annotated[
    Path | None,
    typer.Option("--dir", help="Where it is kept; default: ~/nas/NAMESPACE/NAME.", show_default=False),
]


def command(
    file: Annotated[Path, typer.Argument(help="The manifest, as kubectl apply takes it.", show_default=False)],
    directory: Folder = None,
    parallel: Annotated[int, typer.Option(min=1, help="Trials at the same time at most.")] = min(2, CORES),
    gpus: Annotated[int, typer.Option(min=0, help="GPUs of this machine to use.")] = 0,
    data: Claims = None,
    namespace: Annotated[str, typer.Option("-n", "--namespace", help="Its namespace.")] = "default",
) -> int:
    """Run it until it has ended, show how it stands, and say where the model is.

    Raises:
        InvalidInput: if the manifest cannot be run here.
        ExtraMissing: if the trainer is not installed.
    """
    if any(find_spec(package) is None for package in ("torch", "nas_trial")):
        raise ExtraMissing("nasctl run trains here and needs PyTorch; pip install 'nas-operator[local]'")
    objects = read_manifest(file)
    manifest = the_only(objects, "NASSearch", file)
    checked = [dict(with_folder(one)) if one is manifest else one for one in objects]
    if wrong := findings(checked, namespace):
        # As the API server would: nothing is begun that a cluster would not take, but for the storage.
        raise InvalidInput(f"{file}: " + "; ".join(str(one) for one in wrong[:SHOWN]))
    metadata = manifest["metadata"]
    name, namespace = metadata["name"], metadata.get("namespace") or namespace
    home = Home((directory or Path.home() / "nas" / namespace / name).expanduser().absolute())
    folders = folders_of(data or [])
    search = _checked(manifest, namespace, folders)
    parallel = at_once(search.spec, parallel, gpus, CORES)
    machine = Machine(threads=max(1, CORES // parallel), gpus=gpus, data=folders)
    console = Console()
    for note in left_out(search.spec, gpus, parallel):
        console.print(f"note: {note}", style="dim", highlight=False, soft_wrap=True)
    try:
        with home.locked(), display_for(console) as display:

            def shown(now: SearchView, trials: tuple[TrialView, ...]) -> None:
                display.show(SearchState(now, trials))

            def stopping() -> None:
                display.trouble("stopping: the running trials write their checkpoints")

            space = space_in(objects, search.space_ref, namespace) if search.space_ref else None
            spec = manifest["spec"]
            last, trials = asyncio.run(run(home, namespace, name, spec, machine, parallel, shown, stopping, space))
    except LocalRunError as error:
        raise InvalidInput(str(error)) from error
    except OSError as error:
        raise InvalidInput(f"{home.folder} cannot be used: {error.strerror or error}") from error
    return _tell(SearchState(last, trials), home, console)


def _checked(manifest: Json, namespace: str, folders: dict[str, str]) -> ReadableSearch:
    """Return the search as the operator would read it."""
    search = read_search(as_stored(manifest, namespace))
    if not isinstance(search, ReadableSearch):
        raise InvalidInput(search.error)
    if found := obstacles(search.spec, folders):
        raise InvalidInput("; ".join(found))
    return search


def _tell(state: SearchState, home: Home, console: Console) -> int:
    """Say what came of it, and where it is."""
    summary = state.summary
    if summary is Summary.SUSPENDED or not summary.over:
        console.print("stopped; the same command goes on from here", highlight=False)
        return EXIT_STOPPED
    if state.any_best:
        console.print(best_table(state))
    console.print(f"everything is in {home.folder}", highlight=False, soft_wrap=True)
    if state.status.report:
        console.print(f"the report: {home.path_of(state.status.report)}", highlight=False, soft_wrap=True)
    for entry in state.status.retrained:
        if entry.bundle:
            folder = home.path_of(entry.bundle)
            console.print(f"the model {entry.trial}: {folder}", highlight=False, soft_wrap=True)
            console.print(
                f'use it: python -c "import nas_model; print(nas_model.load({str(folder)!r}))"', soft_wrap=True
            )
    return 0 if summary is Summary.SUCCEEDED else EXIT_NOT_SUCCEEDED
