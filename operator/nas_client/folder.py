"""Reading a search that `nasctl run` ran, or is running, from its folder."""

from __future__ import annotations

from pathlib import Path

from nas_client.errors import ExtraMissing, InvalidInput
from nas_client.search_state import SearchState


def folder_state(folder: Path) -> SearchState:
    """Return the search of a folder and its trials.

    Raises:
        InvalidInput: if there is none, or a record cannot be read.
        ExtraMissing: if what runs searches here is not installed.
    """
    try:
        # Only here: who looks at a cluster does not load what a run needs.
        from nas_local.errors import LocalRunError
        from nas_local.home import Home
        from nas_local.records import Records
    except ModuleNotFoundError as error:
        raise ExtraMissing(
            f"a folder needs {error.name}, which is not installed; pip install 'nas-operator[local]'"
        ) from error
    try:
        records = Records.look(Home(folder.expanduser().absolute()))
    except LocalRunError as error:
        raise InvalidInput(str(error)) from error
    except OSError as error:
        raise InvalidInput(f"{folder} cannot be read: {error.strerror or error}") from error
    return SearchState(records.search, records.trials)


def log_file(trial: Path, attempt: int | None) -> Path:
    """Return the log of a trial's attempt by the file of the trial, ``FOLDER/trials/TRIAL.yaml``; None is the newest.

    Raises:
        InvalidInput: if there is no such trial, or no log of the attempt.
    """
    from nas_local.home import Home

    home, name = Home(trial.parent.parent), trial.name.removesuffix(".yaml")
    state = folder_state(home.folder)
    if name not in {one.meta.name for one in state.trials}:
        raise InvalidInput(f"search {state.search.meta.name!r} has no trial {name!r}; see: nasctl trials {home.folder}")
    logs = home.logs_of(name)
    if not logs or attempt not in (None, *logs):
        written = ", ".join(map(str, logs)) or "none"
        raise InvalidInput(f"there is no log of attempt {attempt or 1} of trial {name!r}; attempts with one: {written}")
    return logs[attempt or max(logs)]


def objects_of(folder: Path) -> Path:
    """Return where a folder of `nasctl run` has what would be in the bucket."""
    from nas_local.home import Home

    return Home(folder.expanduser().absolute()).objects


def path_in(folder: Path, address: str) -> Path:
    """Return where on this machine an object of a search of that folder is, by its address."""
    from nas_local.home import Home

    return Home(folder).path_of(address)
