"""Tables: CSV, Parquet or JSON lines, read by pandas; what their columns are is decided by `nas_trial.data.columns`."""

from __future__ import annotations

import io
import zlib
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import pandas as pd

from nas_trial.data.files import Files
from nas_trial.data.formats import TABLES
from nas_trial.data.names import part_of_file, part_of_folder
from nas_trial.errors import DatasetInvalid


@dataclass(frozen=True)
class DataTable:
    """Rows of one split, perhaps of several files."""

    frame: pd.DataFrame
    files: Mapping[str, int]
    """Rows of each file, in the order of the rows."""

    def row(self, i: int) -> str:
        """Name a row, counted from 1 without the header, and its file where there are several."""
        starts = [0, *accumulate(self.files.values())]
        file = bisect_right(starts, i) - 1
        number = f"row {i - starts[file] + 1}"
        return number if len(self.files) == 1 else f"{list(self.files)[file]}, {number}"


def choose(files: Files, kind: str) -> dict[str, list[str]]:
    """Return the files of each split, by their names (``train.csv``, ``test-0.parquet``, ``val/…``).

    Files that name no split are for training, unless others do.
    """
    splits: dict[str, list[str]] = {}
    # Where no name ends as it should, the format was named by the search: then every file is one.
    for name in files.ending(TABLES[kind]) or files.names:
        splits.setdefault(part_of_file(name) or part_of_folder(name) or "", []).append(name)
    unnamed = splits.pop("", [])
    splits.setdefault("train", unnamed)
    if not splits["train"]:
        raise DatasetInvalid(f"{files.where}: found no {kind} file to train on")
    return splits


def read(files: Files, names: list[str], kind: str) -> DataTable:
    """Read files of the same columns, one after the other.

    Raises:
        DatasetInvalid: if one cannot be read, or has other columns; the message names it.
    """
    frames = {name: _parse(files.label(name), content, kind) for name, content in files.read(names).items()}
    first_name, first = next(iter(frames.items()))
    for name, frame in frames.items():
        if different := sorted(set(frame.columns) ^ set(first.columns)):
            raise DatasetInvalid(
                f"{files.label(name)}: its columns differ from those of {first_name} by {', '.join(different)}; give "
                "all files the same"
            )
    whole = first if len(frames) == 1 else pd.concat(frames.values(), ignore_index=True)
    return DataTable(whole, {name: len(frame) for name, frame in frames.items()})


def _parse(where: str, content: bytes, kind: str) -> pd.DataFrame:
    packed = "gzip" if where.endswith(".gz") else None
    given: Any = io.BytesIO(content)
    try:
        if kind == "parquet":
            frame = pd.read_parquet(given, engine="pyarrow")
        elif kind == "jsonl":
            # dtype=False: pandas would read the text "007" as the number 7.
            frame = pd.read_json(given, lines=True, compression=packed, dtype=False)
        else:
            tab = where.removesuffix(".gz").endswith(".tsv")
            # low_memory=False: the type of a column is told by the whole file, not chunk by chunk.
            frame = pd.read_csv(given, sep="\t" if tab else ",", compression=packed, low_memory=False)
    # ParserError and ArrowInvalid are ValueErrors.
    except (ValueError, OSError, EOFError, zlib.error, ArithmeticError) as error:
        raise DatasetInvalid(f"{where}: cannot be read as {kind}: {error}") from error
    # CSV headers are often written with a space after the comma.
    frame.columns = [str(name).strip() for name in frame.columns]
    # A Parquet file may bring an index of its own; rows are counted by their place.
    return frame.reset_index(drop=True)
