"""What a prepared data set is like, for people and tools: ``report.json`` and ``splits.arrow`` beside the data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from nas_trial.data.prepared.arrow_file import ArrowWriter, Column
from nas_trial.data.prepared.make import HeldOut, Made
from nas_trial.data.prepared.shards import Shards

UNUSED = 3
SPLIT_NUMBERS = {"train": 0, "val": 1, "test": 2}
"""Of a row in splits.arrow; `UNUSED` where task.dataset.maxExamples leaves it out."""
BLOCK = 1 << 20
"""Rows of splits.arrow that are written at a time."""


def report(made: Made, held: HeldOut | None) -> dict[str, Any]:
    """Return the report; ``held`` is the test split."""
    prepared, data = made.prepared, made.spool.data
    classes = prepared.preprocessing.classes
    splits = {"train": prepared.train, "val": prepared.val} | ({"test": held.shards} if held else {})
    groups, counts = np.unique(made.same, return_counts=True)
    return {
        "version": 1,
        "source": data.where,
        "hash": prepared.hash,
        "rows": len(made.spool),
        "splits": {name: _split(shards, classes) for name, shards in splits.items()},
        "equalRows": {
            "rows": int(counts[counts > 1].sum()),
            "groups": int((counts > 1).sum()),
            "different": len(groups),
        },
        "leakage": {
            "validation": int(np.isin(made.same[made.parts.val], made.same[made.parts.train]).sum()),
            "test": held.repeating if held else 0,
        },
        "columns": _columns(made),
        "leftOut": list(data.warnings),
        "warnings": [*(held.warnings if held else ()), *prepared.warnings],
    }


def write_splits(path: Path, made: Made) -> None:
    """Write the split of each row of the source: ``row``, ``split`` (`SPLIT_NUMBERS`), ``group`` of equal rows."""
    split = np.full(len(made.spool), UNUSED, np.int8)
    for name, number in SPLIT_NUMBERS.items():
        split[getattr(made.parts, name)] = number
    columns = [Column("row", "int64"), Column("split", "int8"), Column("group", "int64")]
    rows = np.arange(len(split))
    with ArrowWriter(path, columns) as writer:
        for start in range(0, len(rows), BLOCK):
            some = slice(start, start + BLOCK)
            writer.append({"row": rows[some], "split": split[some], "group": made.same[some]})


def _split(shards: Shards, classes: tuple[str, ...]) -> dict[str, Any]:
    found: dict[str, Any] = {"rows": len(shards)}
    targets = shards.targets()
    if classes and targets.ndim == 1:
        found["classes"] = dict(zip(classes, np.bincount(targets, minlength=len(classes)).tolist(), strict=True))
    elif classes:
        found["classes"] = dict(zip(classes, targets.sum(0).astype(int).tolist(), strict=True))
    return found


def _columns(made: Made) -> list[dict[str, Any]]:
    preprocessing = made.prepared.preprocessing
    found = []
    for kind, form in (("numeric", preprocessing.numeric), ("categorical", preprocessing.categorical)):
        missing = made.spool.missing.get(kind)
        for number, name in enumerate(form.columns if form else ()):
            column: dict[str, Any] = {
                "name": name,
                "kind": kind,
                "missing": int(missing[number]) if missing is not None else 0,
            }
            if kind == "numeric" and preprocessing.numeric:
                column |= {
                    "mean": preprocessing.numeric.mean[number],
                    "deviation": preprocessing.numeric.deviation[number],
                }
            elif preprocessing.categorical:
                column["categories"] = len(preprocessing.categorical.categories[number])
            found.append(column)
    return found
