"""The columns of a table as inputs: numbers, categories and texts as they stand, images and sounds from their files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nas_core.api.task import Task
from nas_storage.faults import NotFound
from nas_trial.data import audio, columns, images
from nas_trial.data import table as tables
from nas_trial.data.files import Files
from nas_trial.data.names import PARTS
from nas_trial.data.raw import RawData, in_memory, join
from nas_trial.data.table import DataTable
from nas_trial.data.targets import listed, name_of
from nas_trial.errors import DatasetInvalid


def read(files: Files, kind: str, task: Task) -> RawData:
    """Read the tables of one kind (csv, parquet, jsonl) among the files."""
    chosen = tables.choose(files, kind)
    train = tables.read(files, chosen["train"], kind)
    reader = TableInputs(files, task, columns.decide(train, task, files.where))
    parts = {"train": reader.raw(train)}
    if "val" in chosen:
        parts["val"] = reader.raw(tables.read(files, chosen["val"], kind))
    data = join(parts)
    if "test" not in chosen:
        return data
    return replace(data, test=lambda: reader.raw(tables.read(files, chosen["test"], kind)))


@dataclass
class TableInputs:
    """Reads tables of the same columns."""

    files: Files
    task: Task
    kinds: columns.Kinds
    form: images.Form | None = field(default=None)
    """That of the images of the table that was read first."""

    def raw(self, table: DataTable) -> RawData:
        """Return a table's examples.

        Raises:
            DatasetInvalid: if a column is missing, or a value is not what its column is said to be; the message names
                file or row, and the column.
        """
        kinds, frame = self.kinds, table.frame
        needed = [kinds.target, *kinds.numeric, *kinds.categorical, *kinds.media.values()]
        needed += [kinds.split] if kinds.split else []
        if missing := [name for name in needed if name not in frame]:
            raise DatasetInvalid(
                f"{self.files.where}: {next(iter(table.files))} has no column {missing[0]!r}; there are: "
                f"{listed(list(frame.columns))}; give every table the columns of the training table"
            )
        inputs: dict[str, NDArray[Any]] = {}
        for kind, name in kinds.media.items():
            inputs[kind] = self._texts(frame[name]) if kind == "text" else self._media(kind, name, table)
        categories: tuple[tuple[str, ...], ...] = ()
        if kinds.numeric or kinds.categorical:
            inputs["numeric"] = _side_by_side([self._numbers(n, table) for n in kinds.numeric], len(frame), float)
            coded = [_codes(frame[name]) for name in kinds.categorical]
            inputs["categorical"] = _side_by_side([codes for codes, _ in coded], len(frame), np.int32)
            categories = tuple(names for _, names in coded)
        targets, labels = _labels(frame[kinds.target])
        return in_memory(
            inputs,
            targets,
            self.files.where,
            labels=labels,
            categories=categories,
            row=table.row,
            columns={"numeric": tuple(kinds.numeric), "categorical": tuple(kinds.categorical)},
            given=self._given(table) if kinds.split else None,
            warnings=tuple(kinds.warnings),
        )

    def _numbers(self, name: str, table: DataTable) -> NDArray[np.float64]:
        values = table.frame[name]
        read = pd.to_numeric(values, errors="coerce").astype(np.float64)
        # There before and missing after: a text that is no number.
        bad = np.flatnonzero((read.isna() & values.notna()) | np.isinf(read))
        if len(bad):
            value = values.iloc[int(bad[0])]
            raise DatasetInvalid(
                f"{self.files.where}: column {name!r}, {table.row(int(bad[0]))}: {str(value)!r} is no finite number; "
                f"{len(bad)} rows hold such values; correct them, or name the column in "
                "task.dataset.columns.categorical"
            )
        numbers: NDArray[np.float64] = read.to_numpy(np.float64, na_value=np.nan)
        return numbers

    def _texts(self, values: pd.Series) -> NDArray[Any]:
        # A missing text is empty; str() would make it the word "nan".
        texts: NDArray[Any] = values.map(str, na_action="ignore").fillna("").to_numpy(object)
        return texts

    def _media(self, kind: str, name: str, table: DataTable) -> NDArray[Any]:
        paths = table.frame[name]
        missing = np.flatnonzero(paths.isna())
        if len(missing):
            raise DatasetInvalid(
                f"{self.files.where}: column {name!r}, {table.row(int(missing[0]))}: there is no path; {len(missing)} "
                "rows have none; fill or remove them"
            )
        names = [str(path) for path in paths]
        # Rows may share a file; it is read once.
        different = list(dict.fromkeys(names))
        try:
            if kind == "image":
                self.form = self.form or images.form_of(self.files, different, self.task.dataset.image)
                pieces: Iterator[NDArray[Any]] = images.read(self.files, different, self.form)
            else:
                pieces = audio.read(self.files, different, self.task.dataset.audio)
            values = np.concatenate(list(pieces))
        except NotFound as error:
            # Which row names the file is looked for only now; the error does not know.
            lost = next(i for i, path in enumerate(names) if self._absent(path))
            raise DatasetInvalid(
                f"{self.files.where}: column {name!r}, {table.row(lost)}: there is no file {names[lost]!r}; paths are "
                "relative to the table"
            ) from error
        places = {path: place for place, path in enumerate(different)}
        return values[[places[path] for path in names]]

    def _absent(self, path: str) -> bool:
        try:
            self.files.get(path)
        except NotFound:
            return True
        return False

    def _given(self, table: DataTable) -> NDArray[np.str_]:
        assert self.kinds.split is not None
        words = table.frame[self.kinds.split]
        given = [PARTS.get(str(word).strip().lower()) for word in words]
        if None in given:
            row = given.index(None)
            raise DatasetInvalid(
                f"{self.files.where}: column {self.kinds.split!r}, {table.row(row)}: {words.iloc[row]!r} is none of "
                "train, val and test; correct it, or name the column in task.dataset.columns"
            )
        return np.array(given)


def _codes(values: pd.Series) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """Return the places of categories or labels among the different ones, -1 where one is missing."""
    codes, names = pd.factorize(values.map(name_of, na_action="ignore").astype(object))
    return codes.astype(np.int32), tuple(names)


def _labels(values: pd.Series) -> tuple[NDArray[Any], tuple[str, ...] | None]:
    """Return labels as numbers where they all are, else as places among the names."""
    # To pandas bools are numeric; as labels they are the classes True and False.
    if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
        return _codes(values)
    numbers: NDArray[Any] = values.to_numpy(np.float64, na_value=np.nan) if values.isna().any() else values.to_numpy()
    return numbers, None


def _side_by_side(columns: list[NDArray[Any]], rows: int, kind: type) -> NDArray[Any]:
    return np.stack(columns, axis=1) if columns else np.zeros((rows, 0), kind)
