"""Which files belong to which split, by their names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nas_trial.data.files import Files
from nas_trial.data.formats import TABLES
from nas_trial.data.names import part_of_file, part_of_folder
from nas_trial.data.targets import listed
from nas_trial.errors import DatasetInvalid


@dataclass(frozen=True)
class Chosen:
    """The files that are read."""

    splits: Mapping[str, list[str]]
    """Of train, and perhaps of val and test."""
    warnings: tuple[str, ...] = ()


def choose(files: Files, kind: str) -> Chosen:
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
    if splits["train"] is unnamed or not unnamed:
        return Chosen(splits)
    warning = f"{listed(unnamed)}: not read, for the name tells no split (train, val, test), as those of other files do"
    return Chosen(splits, (warning,))
