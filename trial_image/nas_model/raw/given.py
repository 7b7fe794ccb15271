"""Which form raw inputs have: the way into this room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nas_core.data_files import TABLES
from nas_model.errors import InputInvalid
from nas_model.preprocessing.forms import Preprocessing
from nas_model.preprocessing.piece import MEDIA
from nas_model.raw.arrays import of_array
from nas_model.raw.examples import RawPart, joined
from nas_model.raw.files import of_folder, of_paths
from nas_model.raw.tables import of_table, of_table_file
from nas_model.raw.texts import of_texts


def read(given: Any, folder: Path | None, preprocessing: Preprocessing) -> RawPart:
    """Return raw inputs, whatever their form.

    Args:
        given: a DataFrame, an Arrow table or a mapping of columns; the path of a file of a table; a list of texts or of
            paths; a folder of files; an array; or a mapping from the model's inputs (image, text, audio, series, table)
            to any of these.
        folder: where paths begin that a table or a list holds.
        preprocessing: the model's.

    Raises:
        InputInvalid: if the model cannot take it; the message says what it takes.
    """
    inputs = inputs_of(preprocessing)
    if isinstance(given, str | Path) and (kind := _table_kind(str(given))):
        return of_table_file(Path(given).expanduser(), kind, folder, preprocessing)
    if _is_table(given):
        return of_table(given, folder, preprocessing)
    if isinstance(given, Mapping):
        if not given.keys() <= {*inputs, "table"} or (inputs == ["table"] and "table" not in given):
            return of_table(given, folder, preprocessing)
        if missing := [name for name in inputs if name not in given]:
            raise InputInvalid(f"the input {missing[0]!r} is missing; this model takes {_listed(inputs)}")
        return joined({name: _single(name, given[name], folder, preprocessing) for name in inputs})
    if len(inputs) > 1:
        raise InputInvalid(f"this model takes {_listed(inputs)}; give a table, or a mapping from these names")
    return _single(inputs[0], given, folder, preprocessing)


def inputs_of(preprocessing: Preprocessing) -> list[str]:
    """Return the names of a model's inputs; columns of numbers and categories are one, ``table``."""
    names = [name for name in (*MEDIA, "series") if getattr(preprocessing, name) is not None]
    return [*names, "table"] if preprocessing.numeric or preprocessing.categorical else names


def _single(name: str, given: Any, folder: Path | None, preprocessing: Preprocessing) -> RawPart:
    if name == "table" and (_is_table(given) or isinstance(given, Mapping)):
        alone = preprocessing.model_copy(update=dict.fromkeys((*MEDIA, "series")))
        return of_table(given, folder, alone)
    if name in ("image", "audio"):
        if isinstance(given, str | Path):
            path = Path(given).expanduser()
            if path.is_dir():
                return of_folder(name, path, preprocessing)
            return of_paths(name, [str(path)], folder, preprocessing)
        if isinstance(given, Sequence) and given and all(isinstance(each, str | Path) for each in given):
            return of_paths(name, given, folder, preprocessing)
    if name == "text":
        if isinstance(given, str):
            raise InputInvalid("a single text was given; give a list of texts")
        if isinstance(given, np.ndarray) and given.ndim == 1:
            given = given.tolist()
        if isinstance(given, Sequence) or hasattr(given, "tolist"):
            return of_texts(given if isinstance(given, Sequence) else given.tolist())
        raise InputInvalid(f"text: {type(given).__name__} was given; give a list of texts")
    if isinstance(given, Sequence) and not isinstance(given, str) and not given:
        raise InputInvalid(f"{name}: there are no examples")
    return of_array(name, given, preprocessing)


def _table_kind(path: str) -> str | None:
    return next((kind for kind, endings in TABLES.items() if path.lower().endswith(endings)), None)


def _is_table(given: Any) -> bool:
    # By what it can do: pandas and pyarrow need not be installed. A column alone (Series) has no columns.
    return hasattr(given, "columns") and (hasattr(given, "iloc") or hasattr(given, "column_names"))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)
