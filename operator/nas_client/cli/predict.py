"""``nasctl predict MODEL FILE``, which needs the extra ``predict``: what a model says of data; exit code 0.

A search that has ended, then its model, then this: the data are of people who need not know what a search is.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer
from rich.console import Console
from rich.table import Table

import nas_model
from nas_client.cli.options import Context, Kubeconfig, Namespace, connect
from nas_client.errors import ExtraMissing, InvalidInput
from nas_client.model_files import find_model
from nas_core.data_files import EXAMPLE_FILES, TABLES, TOO_LONG, text_of
from nas_model.errors import BundleError, DatasetInvalid, InputInvalid

INTERRUPTED = "stopped"
SHOWN_ROWS, SHOWN_COLUMNS = 20, 8
"""Of a table on a terminal; --to and the other forms have everything."""
TEXT_LIMIT = 64 << 20
"""Characters of a file of texts."""

Columns = dict[str, list[Any]]


class PredictionForm(StrEnum):
    """A form of output."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


def command(
    model: Annotated[
        str,
        typer.Argument(
            help="Folder, tar file or s3:// address of a bundle; a NASModel, NASSearch or NASTrial; "
            "the folder of nasctl run, or the file of a trial in it.",
            show_default=False,
        ),
    ],
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV, Parquet or JSONL; a folder of images, sounds or texts; a .txt with a text a line.",
            show_default=False,
        ),
    ],
    output: Annotated[
        PredictionForm | None,
        typer.Option("-o", "--output", help="Form of the output; default: table, or what --to ends with."),
    ] = None,
    to: Annotated[Path | None, typer.Option(help="File to write; default: the terminal.", show_default=False)] = None,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> int:
    """Predict; the columns of the input are kept, those of the prediction come after them.

    Raises:
        InvalidInput: if model or file cannot be used.
        ExtraMissing: if a library is missing that such data need.
        ClientError: if the model is one in the cluster, which cannot be asked for.
    """
    if to is not None and to.exists():
        raise InvalidInput(f"--to {to}: it is there already; give another name, or remove it")
    form = output or _form_of(to)
    files = find_model(model, lambda: connect(kubeconfig, context, namespace))
    try:
        given, kept = _read(file)
        found = nas_model.load(files.address, sha256=files.sha256).predict(given).columns()
    except (BundleError, InputInvalid) as error:
        raise InvalidInput(str(error)) from error
    except DatasetInvalid as error:
        raise InvalidInput(error.message) from error
    except ImportError as error:
        raise ExtraMissing(f"{error}; pip install 'nas-operator[predict]' has all") from error
    columns = {**kept, **{f"predicted_{name}" if name in kept else name: values for name, values in found.items()}}
    if to is None:
        _write(columns, form, sys.stdout, list(found))
        return 0
    try:
        with to.open("x", encoding="utf-8", newline="") as written:
            _write(columns, form, written, list(found))
    except OSError as error:
        raise InvalidInput(f"--to {to}: {error.strerror or error}") from error
    return 0


def _form_of(to: Path | None) -> PredictionForm:
    if to is None:
        return PredictionForm.TABLE
    return PredictionForm.JSON if to.suffix == ".json" else PredictionForm.CSV


def _read(file: Path) -> tuple[Any, Columns]:
    """Return what the model is given, and the columns that are kept."""
    if file.is_dir():
        endings = {ending for some in EXAMPLE_FILES.values() for ending in some}
        files = sorted(one for one in file.rglob("*") if one.suffix.lower() in endings and one.is_file())
        # Beside images and sounds, a text is about them.
        media = [one for one in files if one.suffix.lower() not in EXAMPLE_FILES["text"]]
        if not files:
            raise InvalidInput(f"{file}: there is no image, sound or text in it")
        given = [str(one) for one in media] or [_text(one) for one in files]
        return given, {"file": [str(one.relative_to(file)) for one in media or files]}
    if not file.is_file():
        raise InvalidInput(f"{file} is no file and no folder")
    if kind := next((kind for kind, endings in TABLES.items() if file.name.lower().endswith(endings)), None):
        return file, _table(file, kind)
    if file.suffix.lower() == ".txt":
        with file.open(encoding="utf-8", errors="replace") as opened:
            text = opened.read(TEXT_LIMIT + 1)
        if len(text) > TEXT_LIMIT:
            raise InvalidInput(f"{file} has more than {TEXT_LIMIT:,} characters; give the texts in parts")
        lines = text.splitlines()
        return lines, {"text": list(lines)}
    return [str(file)], {"file": [file.name]}


def _text(file: Path) -> str:
    with file.open("rb") as opened:
        text = text_of(opened)
    if text is None:
        raise InvalidInput(f"{file} {TOO_LONG}")
    return text


def _table(file: Path, kind: str) -> Columns:
    # Here: it needs pyarrow, which images and texts do not.
    from nas_model.tables.openers import OPENERS

    columns: Columns = {}
    rows = 0
    for batch in OPENERS[kind](file, str(file)).batches(None):
        here = dict(zip(batch.schema.names, batch.columns, strict=True))
        for name in here.keys() - columns.keys():
            columns[name] = [None] * rows
        for name, values in columns.items():
            values += here[name].to_pylist() if name in here else [None] * batch.num_rows
        rows += batch.num_rows
    return columns


def _write(columns: Mapping[str, Sequence[Any]], form: PredictionForm, to: TextIO, predicted: Sequence[str]) -> None:
    rows = zip(*columns.values(), strict=True)
    if form is PredictionForm.CSV:
        writer = csv.writer(to)
        writer.writerow(columns)
        writer.writerows(rows)
    elif form is PredictionForm.JSON:
        records = [dict(zip(columns, row, strict=True)) for row in rows]
        to.write(json.dumps(records, indent=1, default=str) + "\n")
    else:
        _show(columns, to, len(predicted))


def _show(columns: Mapping[str, Sequence[Any]], to: TextIO, predicted: int) -> None:
    # The prediction comes last; of the input there is as much as has room.
    names = list(columns)
    kept = names[: max(1, SHOWN_COLUMNS - predicted)] if len(names) > predicted else []
    names = list(dict.fromkeys([*kept, *names[-predicted:]]))[: 2 * SHOWN_COLUMNS]
    table = Table(*names)
    values = [columns[name] for name in names]
    for row in list(zip(*values, strict=True))[:SHOWN_ROWS]:
        table.add_row(*(f"{one:.4g}" if isinstance(one, float) else str(one)[:60] for one in row))
    console = Console(file=to)
    console.print(table)
    if (total := len(values[0])) > SHOWN_ROWS:
        console.print(f"{SHOWN_ROWS} of {total:,} rows; --to FILE writes all", highlight=False)
