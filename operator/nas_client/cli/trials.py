"""``nasctl trials SEARCH``: every candidate of a search, what it reached and what it cost; exit code 0.

As Parquet it has all that a DataFrame of `nas` has: all metrics, hyperparameters, parents, times.
"""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

from nas_client.cli.options import Context, Kubeconfig, Namespace, Rows, SearchOrFolder, read_state
from nas_client.cli.rows import write_rows
from nas_client.errors import ExtraMissing, InvalidInput
from nas_client.search_state import SearchState
from nas_client.trial_table import full_rows_of, rows_of

INTERRUPTED = "stopped; the search goes on"


class Form(StrEnum):
    """A form of output: those of any list, and Parquet."""

    TABLE = Rows.TABLE
    JSON = Rows.JSON
    YAML = Rows.YAML
    CSV = Rows.CSV
    PARQUET = "parquet"


def command(
    search: SearchOrFolder,
    output: Annotated[Form, typer.Option("-o", "--output", help="Form of the output.")] = Form.TABLE,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> int:
    """List them by index; a trial of several candidates has a row for each.

    Raises:
        ClientError: if the search cannot be read, or the form cannot be written there.
    """
    state = read_state(search, kubeconfig, context, namespace)
    if output is Form.PARQUET:
        write_parquet(state)
    else:
        write_rows(list(rows_of(state)), Rows(output.value), f"{search} has no trial yet")
    return 0


def write_parquet(state: SearchState) -> None:
    """Write a Parquet file to standard output.

    Raises:
        ExtraMissing: if pyarrow is not installed.
        InvalidInput: if standard output is a terminal.
    """
    if sys.stdout.isatty():
        raise InvalidInput("-o parquet is for a file: nasctl trials SEARCH -o parquet > trials.parquet")
    try:
        import pyarrow
        from pyarrow import parquet
    except ModuleNotFoundError as error:
        raise ExtraMissing("-o parquet needs pyarrow; pip install pyarrow") from error
    parquet.write_table(pyarrow.Table.from_pylist(list(full_rows_of(state))), sys.stdout.buffer)
