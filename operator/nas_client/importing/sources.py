"""Finds out what a file of a tool is, and reads it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from nas_client.errors import InvalidInput
from nas_client.importing.experiment import EarlierExperiment
from nas_client.importing.katib import read_experiment
from nas_client.importing.mlflow_database import read_database
from nas_client.importing.mlflow_runs import read_export
from nas_client.importing.mlflow_server import read_server
from nas_client.importing.optuna_journal import read_journal
from nas_client.importing.optuna_storage import read_storage
from nas_client.importing.sqlite_file import PREFIX, is_sqlite
from nas_client.manifest import read_at_most

FILE_LIMIT = 256 << 20
"""Characters of a file that is no database."""


class Tool(StrEnum):
    """A tool whose results are read."""

    MLFLOW = "mlflow"
    OPTUNA = "optuna"
    KATIB = "katib"


def read(tool: Tool, source: str | None, endpoint: str | None, wanted: str | None) -> EarlierExperiment:
    """Return the experiment that is meant.

    Args:
        tool: that made it.
        source: a file, `-` for standard input, or the address of an SQLite file as SQLAlchemy writes it.
        endpoint: URL of an MLflow server, in place of a file.
        wanted: name of the experiment, where there are several.

    Raises:
        ClientError: if it cannot be read; the message says what to do.
    """
    if endpoint is not None:
        if tool is not Tool.MLFLOW or source is not None:
            raise InvalidInput("--endpoint is for mlflow, in place of a file; give one of the two")
        if wanted is None:
            raise InvalidInput("--endpoint needs the name of an experiment: --experiment NAME")
        return read_server(endpoint, wanted)
    if source is None:
        raise InvalidInput("give the file that is to be read, or for mlflow --endpoint URL")
    if "://" in source and not source.startswith(PREFIX):
        # Also: an address with a password would be repeated in messages.
        raise InvalidInput(
            f"{source.partition('://')[0]}://… is no file; what another database has can be copied into one "
            "(optuna.copy_study), and an MLflow server is asked with --endpoint"
        )
    path = Path(source.removeprefix(PREFIX)).expanduser()
    if is_sqlite(path):
        if tool is Tool.KATIB:
            raise InvalidInput(f"{path} is a database; write the objects with: kubectl get experiments,trials -o json")
        return read_storage(path, wanted) if tool is Tool.OPTUNA else read_database(path, wanted)
    text, where = _text(path), str(path)
    match tool:
        case Tool.OPTUNA:
            return read_journal(text, wanted, where)
        case Tool.KATIB:
            return read_experiment(text, wanted, where)
        case Tool.MLFLOW:
            return read_export(text, wanted, where)


def _text(path: Path) -> str:
    try:
        text = read_at_most(path, FILE_LIMIT)
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"{path} is neither text nor an SQLite file; a pickled study is not read, as reading it would run what is "
            "in it: copy it into an SQLite file with optuna.copy_study"
        ) from error
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror or error}") from error
    if text is None:
        raise InvalidInput(f"{path} has more than {FILE_LIMIT >> 20} MiB; give a file with fewer trials, or a database")
    return text
