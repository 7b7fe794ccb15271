"""Writes the shards of a split."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from nas_trial.data.prepared.arrow_file import ArrowWriter, Column, Values
from nas_trial.data.prepared.folder import LocalFolder
from nas_trial.data.prepared.shards import ROW, TARGET, TOGETHER, Shards


def write_shards(
    directory: Path, split: str, inputs: Sequence[Column], target: Column, shards: Iterable[Values]
) -> Shards:
    """Write a file for each of the shards (inputs, ``target``, ``row`` and ``together``), and one of all targets.

    Args:
        directory: where; it is there.
        split: train, val or test: the files are ``train-00000.arrow``, … and ``train-targets.arrow``
        inputs: the columns of the inputs; images as files are BYTES, with the shape that they decode to.
        target: the column of the targets.
        shards: the rows of each.
    """
    columns = [*inputs, target, Column(ROW, "int64"), Column(TOGETHER, "int64")]
    names, counts = [], []
    targets_name = f"{split}-targets.arrow"
    targets = ArrowWriter(directory / targets_name, [target])
    for number, values in enumerate(shards):
        name = f"{split}-{number:05d}.arrow"
        with ArrowWriter(directory / name, columns) as writer:
            writer.append(values)
        targets.append({TARGET: values[TARGET]})
        names.append(name)
        counts.append(len(values[TARGET]))
    targets.close()
    return Shards(LocalFolder(directory), tuple(names), tuple(counts), targets_name, tuple(inputs))
