"""NumPy archives: arrays ``x`` and ``y``, or ``x_train`` and ``y_train``, perhaps with ``x_val`` and ``x_test``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nas_core.api.task import Task
from nas_core.data_arrays import may_be_turned
from nas_core.data_files import PARTS
from nas_trial.data.arrays import Array, from_arrays
from nas_trial.data.files import Files
from nas_trial.data.names import unread
from nas_trial.data.npy import ArrayArchive
from nas_trial.data.raw import RawData, join
from nas_trial.errors import DatasetInvalid

ENDING = ".npz"
_NAME = re.compile(rf"([xy])(?:_({'|'.join(PARTS)}))?", re.IGNORECASE)


def matches(files: Files, task: Task) -> bool:
    """Whether an archive is there."""
    return bool(files.ending((ENDING,)))


def read(files: Files, task: Task) -> RawData:
    """Read the one archive among the files. Pickled arrays are refused: they could run code."""
    archives = files.ending((ENDING,))
    if len(archives) != 1:
        raise DatasetInvalid(
            f"{files.where}: found {len(archives)} .npz files{': ' if archives else ''}{', '.join(archives[:5])}; let "
            "task.dataset name exactly one"
        )
    where = files.label(archives[0])
    archive = _Archive(files, ArrayArchive(files.local(archives[0]), where), where, task)
    pairs = archive.pairs()
    used = {name for pair in pairs.values() for name in pair}
    rest = [name for name in archive.arrays.names if name not in used]
    others = [name for name in files.names if name not in archives]
    x = {part: archive.arrays.read(pairs[part][0]) for part in ("train", "val") if part in pairs}
    kind = x["train"].dtype
    unused = [f"arrays that are not read: {', '.join(rest)}"] if rest else []
    warnings = (*unused, *unread(others), *_turned(x["train"], where, task))
    parts = {part: archive.read(values, pairs[part], kind) for part, values in x.items()}
    data = replace(join(parts), warnings=warnings)
    if "test" not in pairs:
        return data
    # Read when asked for: a search then never sees the test split.
    return replace(data, test=lambda: archive.read(archive.arrays.read(pairs["test"][0]), pairs["test"], kind))


def _turned(x: Array, where: str, task: Task) -> list[str]:
    """Return a warning if series may lie the other way round."""
    if task.type != "time-series-classification" or not may_be_turned(x.shape):
        return []
    return [
        f"{where}: series of {x.shape[1]} channels and {x.shape[2]} steps; if it is the other way round, save "
        "x.transpose(0, 2, 1)"
    ]


@dataclass(frozen=True)
class _Archive:
    files: Files
    """Keeps the file of the archive as long as it is read."""
    arrays: ArrayArchive
    where: str
    task: Task

    def pairs(self) -> Mapping[str, tuple[str, str]]:
        """Return the names of examples and targets of each split.

        Raises:
            DatasetInvalid: if there are none to train on.
        """
        found: dict[str, dict[str, str]] = {}
        for name in self.arrays.names:
            if match := _NAME.fullmatch(name):
                part = PARTS[match[2].lower()] if match[2] else ""
                if (other := found.setdefault(part, {}).setdefault(match[1].lower(), name)) != name:
                    raise DatasetInvalid(f"{self.where}: holds both {other} and {name}; remove one of them")
        # Arrays of no split are to train on, unless there are others for that.
        found.setdefault("train", found.pop("", {}))
        if len(found["train"]) < 2:
            raise DatasetInvalid(
                f"{self.where}: holds {', '.join(sorted(self.arrays.names)) or 'no array'}; name the arrays x and y, "
                "or x_train and y_train"
            )
        # Examples to test on without their targets, as competitions give them, are of no use.
        return {part: (pair["x"], pair["y"]) for part, pair in found.items() if len(pair) == 2}

    def read(self, x: Array, pair: tuple[str, str], kind: np.dtype[Any]) -> RawData:
        """Return the examples of a split, with their targets; ``kind`` is the type of those to train on.

        Raises:
            DatasetInvalid: if images are whole numbers in one split and floats in the other: 255 may be 1 there.
        """
        if self.task.type == "image-classification" and (x.dtype.kind == "f") != (kind.kind == "f"):
            raise DatasetInvalid(
                f"{self.where}: {pair[0]} is of type {x.dtype}, the images to train on of type {kind}; give all images "
                "one range and type"
            )
        return from_arrays(x, self.arrays.read(pair[1]), self.where, self.task)
