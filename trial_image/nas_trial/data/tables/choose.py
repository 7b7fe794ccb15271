"""Which files belong to which split, by their names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nas_core.data_files import MEDIA_FILES, TABLES
from nas_trial.data.files import Files
from nas_trial.data.names import found, parts_of_files, says_held_out, unread
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
    tables = files.ending(TABLES[kind]) or list(files.names)
    for name, part in parts_of_files(tables).items():
        splits.setdefault(part or "", []).append(name)
    unnamed = splits.pop("", [])
    splits.setdefault("train", unnamed)
    if not splits["train"]:
        raise DatasetInvalid(f"{files.where}: found no {kind} file to train on; there are {found(files.names)}")
    warnings = []
    if splits["train"] is not unnamed and unnamed:
        why = "for the name tells no split (train, val, test), as those of other files do"
        warnings.append(f"{listed(unnamed)}: not read, {why}")
    if splits["train"] is unnamed and (doubtful := [name for name in unnamed if says_held_out(name)]):
        warnings.append(
            f"{listed(doubtful)}: trained on, though the name has the word of another split; call the files that are "
            "trained on train, and those of other splits val or test"
        )
    # Images and sounds are read if a column names them.
    read = {*tables, *files.ending((*MEDIA_FILES["image"], *MEDIA_FILES["audio"]))}
    return Chosen(splits, (*warnings, *unread([name for name in files.names if name not in read])))
