"""NumPy archives: arrays ``x`` and ``y``, or ``x_train`` and ``y_train``, perhaps with ``x_val`` and ``x_test``."""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import replace

import numpy as np

from nas_core.api.task import Task
from nas_trial.data.arrays import from_arrays
from nas_trial.data.files import Files
from nas_trial.data.raw import RawData, join
from nas_trial.errors import DatasetInvalid


def matches(files: Files, task: Task) -> bool:
    """Whether an archive is there."""
    return bool(files.ending((".npz",)))


def read(files: Files, task: Task) -> RawData:
    """Read the one archive among the files. Pickled arrays are refused: they could run code."""
    archives = files.ending((".npz",))
    if len(archives) != 1:
        raise DatasetInvalid(f"{files.where}: found {len(archives)} .npz files; let task.dataset name exactly one")
    content = files.read(archives)[archives[0]]
    names = _names(content, files.where)
    if {"x_train", "y_train"} <= names:
        parts = {"train": _pair(content, "_train", files.where, task)}
        if {"x_val", "y_val"} <= names:
            parts["val"] = _pair(content, "_val", files.where, task)
        data = join(parts)
    elif {"x", "y"} <= names:
        data = _pair(content, "", files.where, task)
    else:
        raise DatasetInvalid(
            f"{files.where}: holds {', '.join(sorted(names))}; name the arrays x and y, or x_train and y_train"
        )
    if not {"x_test", "y_test"} <= names:
        return data
    # Read again when asked for: a search then holds no test split in memory.
    return replace(data, test=lambda: _pair(files.read(archives)[archives[0]], "_test", files.where, task))


def _names(content: bytes, where: str) -> set[str]:
    with _open(content, where) as archive:
        return set(archive.files)


def _pair(content: bytes, suffix: str, where: str, task: Task) -> RawData:
    with _open(content, where) as archive:
        try:
            # An array is unpacked only here, so damage shows only here.
            x, y = archive["x" + suffix], archive["y" + suffix]
        except (ValueError, OSError, EOFError, zlib.error, zipfile.BadZipFile) as error:
            raise DatasetInvalid(f"{where}: cannot be read as .npz without pickle: {error}") from error
    return from_arrays(x, y, where, task)


def _open(content: bytes, where: str) -> np.lib.npyio.NpzFile:
    try:
        # Not np.load: given something else than an archive, it would read that.
        return np.lib.npyio.NpzFile(io.BytesIO(content), allow_pickle=False)
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise DatasetInvalid(f"{where}: cannot be read as .npz without pickle: {error}") from error
