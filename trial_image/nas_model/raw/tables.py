"""Tables: DataFrames, Arrow tables, and columns by name. Values mean what they meant in training."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nas_core.table_values import BOOLEANS, name_of, shown
from nas_model.errors import DatasetInvalid, InputInvalid
from nas_model.preprocessing.forms import Preprocessing
from nas_model.preprocessing.piece import LARGEST, MEDIA
from nas_model.raw.examples import RawPart, joined
from nas_model.raw.files import of_paths
from nas_model.raw.texts import of_texts

if TYPE_CHECKING:
    import pyarrow as pa


def of_table(table: Any, folder: Path | None, preprocessing: Preprocessing) -> RawPart:
    """Return the inputs that a model takes from a table; other columns are not looked at.

    Args:
        table: a DataFrame, an Arrow table, or a mapping from names of columns to values.
        folder: where paths of images and sounds begin.
        preprocessing: the model's.

    Raises:
        InputInvalid: if a column is missing, or holds what it must not.
    """
    columns = wanted(preprocessing)
    there = {str(name): name for name in (table.column_names if hasattr(table, "column_names") else table)}
    if missing := [name for name in columns if name not in there]:
        raise InputInvalid(
            f"the table has no column {missing[0]!r}"
            + (f", nor {', '.join(map(repr, missing[1:6]))}" if missing[1:] else "")
            + f"; it has: {', '.join(list(there)[:20])}"
        )
    arrays = {name: _array(name, table[there[name]]) for name in columns}
    parts = {}
    for kind in MEDIA:
        form = getattr(preprocessing, kind)
        if form is not None:
            values = _strings(arrays[form.column])
            if kind == "text":
                parts[kind] = of_texts(values)
            else:
                parts[kind] = of_paths(kind, values, folder, preprocessing)
    if preprocessing.numeric or preprocessing.categorical:
        parts["table"] = _columns(arrays, preprocessing)
    return joined(parts)


def of_table_file(path: Path, kind: str, folder: Path | None, preprocessing: Preprocessing) -> RawPart:
    """Return the inputs that a model takes from a file of a table, which is read as in training.

    Args:
        path: of the file.
        kind: csv, parquet or jsonl.
        folder: where paths of images and sounds begin; None: beside the file.
        preprocessing: the model's.

    Raises:
        InputInvalid: if it cannot be read, or as :func:`of_table`.
    """
    import pyarrow as pa

    from nas_model.tables.openers import OPENERS

    columns = wanted(preprocessing)
    batches: dict[str, list[pa.Array]] = {name: [] for name in columns}
    there: set[str] = set()
    try:
        for batch in OPENERS[kind](path, str(path)).batches(None if kind == "jsonl" else columns):
            names = batch.schema.names
            there.update(names)
            for name in columns:
                batches[name].append(batch.column(names.index(name)) if name in names else pa.nulls(batch.num_rows))
    except DatasetInvalid as error:
        raise InputInvalid(error.message) from error
    if missing := [name for name in columns if name not in there]:
        raise InputInvalid(f"{path}: has no column {missing[0]!r}")
    return of_table({name: _joined(arrays) for name, arrays in batches.items()}, folder or path.parent, preprocessing)


def wanted(preprocessing: Preprocessing) -> list[str]:
    """Return the columns that a model takes.

    Raises:
        InputInvalid: if it was not trained on a table.
    """
    names = []
    for kind in MEDIA:
        form = getattr(preprocessing, kind)
        if form is not None:
            if form.column is None:
                raise InputInvalid(f"this model was not trained on a table; give its {kind} inputs themselves")
            names.append(form.column)
    if preprocessing.series:
        raise InputInvalid("this model was not trained on a table; give an array of series")
    names += preprocessing.numeric.columns if preprocessing.numeric else ()
    names += preprocessing.categorical.columns if preprocessing.categorical else ()
    return names


def _columns(arrays: Mapping[str, pa.Array], preprocessing: Preprocessing) -> RawPart:
    from nas_model.preprocessing.values import Values

    numeric = preprocessing.numeric.columns if preprocessing.numeric else ()
    categorical = preprocessing.categorical
    rows = len(next(iter(arrays.values())))
    numbers = np.zeros((rows, len(numeric)))
    for k, name in enumerate(numeric):
        found = Values(arrays[name]).numbers(named=True)
        bad = found.other | (np.abs(found.values) > LARGEST)
        if bad.any():
            row = int(bad.argmax())
            value = str(arrays[name].to_pylist()[row])[:80]
            raise InputInvalid(
                f"column {name!r}, row {row}: {value!r} is no finite number; this model has numbers there"
            )
        numbers[:, k] = found.values
    codes = np.zeros((rows, len(categorical.columns) if categorical else 0), np.int32)
    names: list[list[str]] = []
    for k, name in enumerate(categorical.columns if categorical else ()):
        assert categorical is not None
        # A column of true and false has no other names, however they are written.
        booleans = {known.lower() for known in categorical.categories[k]} <= BOOLEANS.keys()
        codes[:, k], written = Values(arrays[name]).names()
        names.append([shown(each, booleans) for each in written])
    made: dict[str, NDArray[Any]] = {"numeric": numbers, "categorical": codes}
    return RawPart(rows, lambda start, end: {key: values[start:end] for key, values in made.items()}, names)


def _array(name: str, values: Any) -> pa.Array:
    import pyarrow as pa  # here: models of other inputs need none

    from nas_model.tables.table_file import plain

    try:
        array = pa.array(values, from_pandas=True) if not isinstance(values, pa.ChunkedArray) else values
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        # Numbers and texts mixed: each is taken as it is written.
        array = pa.array([None if value is None or value != value else str(value) for value in values], pa.string())
    except pa.ArrowException as error:
        raise InputInvalid(f"column {name!r}: cannot be read: {error}") from error
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    array = plain(array)
    if pa.types.is_nested(array.type) or pa.types.is_binary(array.type):
        raise InputInvalid(f"column {name!r}: holds values of type {array.type}; give a single value a row")
    return array


def _strings(array: pa.Array) -> list[Any]:
    return [value if value is None or isinstance(value, str) else name_of(value) for value in array.to_pylist()]


def _joined(arrays: list[pa.Array]) -> pa.ChunkedArray:
    """Return a column in one piece; rows of JSON may hold numbers at first, and texts later."""
    import pyarrow as pa

    kinds = {array.type for array in arrays if not pa.types.is_null(array.type)}
    kind = kinds.pop() if len(kinds) == 1 else pa.string()
    return pa.chunked_array([array.cast(kind) for array in arrays], kind)
