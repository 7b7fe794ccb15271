"""The table of the readers: a format of `task.dataset.format`, how its files are recognised, and what reads them.

A new format is entered here, in `formats.NAMES` if its files are recognised by their names, and in
`nas_core.api.task.Dataset`; a test compares them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from nas_core.api.task import Task
from nas_core.data_files import EXAMPLE_FILES, TABLES
from nas_trial.data import idx, npz
from nas_trial.data.files import Files
from nas_trial.data.formats import any_of
from nas_trial.data.names import found
from nas_trial.data.raw import RawData
from nas_trial.errors import CandidateRejected, DatasetInvalid


@dataclass(frozen=True)
class Reader:
    """A format."""

    matches: Callable[[Files, Task], bool]
    """Whether the files of a task are of this format, as far as their names tell."""
    read: Callable[[Files, Task], RawData]
    """Reads them; raises CandidateRejected if they cannot be learned from."""


def _table(kind: str) -> Reader:
    def matches(files: Files, task: Task) -> bool:
        return bool(files.ending(TABLES[kind]))

    def read(files: Files, task: Task) -> RawData:
        from nas_trial.data.tables import inputs  # here: pyarrow, Pillow and libsndfile, which others need not load

        return inputs.read(files, kind, task)

    return Reader(matches, read)


def _folder(medium: str) -> Reader:
    kind = f"{medium}-classification"

    def matches(files: Files, task: Task) -> bool:
        # By the task as well: images beside a table belong to the table. Of texts most are in tables.
        return task.type == kind and (medium != "text" or bool(files.ending(EXAMPLE_FILES[medium])))

    def read(files: Files, task: Task) -> RawData:
        from nas_trial.data import folder  # here: Pillow and libsndfile

        if task.type != kind:
            raise CandidateRejected("SpecInvalid", f"task.dataset.format {medium}-folder is for {kind}")
        return folder.read(files, medium, task)

    return Reader(matches, read)


READERS: Mapping[str, Reader] = {
    "npz": Reader(npz.matches, npz.read),
    "idx": Reader(idx.matches, idx.read),
    **{kind: _table(kind) for kind in TABLES},
    "image-folder": _folder("image"),
    "audio-folder": _folder("audio"),
    "text-folder": _folder("text"),
}
"""In the order in which ``auto`` tries them."""


def guess(files: Files, task: Task) -> str:
    """Return the first format that the files match.

    Raises:
        DatasetInvalid: if there is none.
    """
    for name, reader in READERS.items():
        if reader.matches(files, task):
            return name
    raise DatasetInvalid(
        f"{files.where}: found no {any_of()} file for task.type {task.type}; there are {found(files.names)}; set "
        "task.dataset.format if the names end otherwise"
    )
