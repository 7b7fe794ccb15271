"""Columns that hold paths of images or sounds: their files, decoded a piece at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from nas_core.api.task import Task
from nas_model.preprocessing.images import Form
from nas_model.preprocessing.values import Values
from nas_model.tables.table_file import columns_of
from nas_storage.faults import NotFound
from nas_trial.data import audio, images
from nas_trial.data.files import Files
from nas_trial.data.raw import piece_rows
from nas_trial.data.tables.table import Table
from nas_trial.errors import DatasetInvalid

Decode = Callable[[Sequence[str]], Iterator[NDArray[Any]]]


class MediaColumn:
    """The files that one column of a table names."""

    def __init__(self, files: Files, table: Table, name: str) -> None:
        """Collect the paths; raises DatasetInvalid if one is missing, naming its row."""
        self._files, self._table, self._name = files, table, name
        chunks, missing, first = [pa.array([], pa.string())], 0, -1
        for start, batch in table.batches([name]):
            values = Values(columns_of(batch).get(name, pa.nulls(batch.num_rows)))
            if not values.usable:
                self._refuse(f"holds values of type {values.array.type}; give paths of files")
            if not values.present.all() and first < 0:
                first = start + int(values.present.argmin())
            missing += len(values) - int(np.count_nonzero(values.present))
            chunks.append(values.array.cast(pa.string()))
        if missing:
            self._refuse("there is no path; {missing} rows have none; fill or remove them", first, missing)
        self._paths = pa.chunked_array(chunks)
        self.rows = 1
        """Of a piece."""
        self._decode: Decode = lambda names: iter(())

    def as_images(self, task: Task, form: Form | None) -> Form:
        """Take the files for images, in a given form or that of all of them, which is returned."""
        found = form or self._found(lambda: images.form_of(self._files, _Paths(self._paths), task.dataset.image))
        self.rows = piece_rows(int(np.prod(found.shape)))
        self._decode = lambda names: images.read(self._files, names, found)
        return found

    def as_sounds(self, task: Task) -> None:
        """Take the files for sounds."""
        self.rows = piece_rows(4 * audio.samples(task.dataset.audio))
        self._decode = lambda names: audio.read(self._files, names, task.dataset.audio)

    def read(self, start: int, count: int) -> NDArray[Any]:
        """Return the images (n, C, H, W) or sounds (n, T) of some rows, not more than make a piece."""
        paths = self._paths.slice(start, count).to_pylist()
        # Rows may share a file; it is read once.
        places = {path: place for place, path in enumerate(dict.fromkeys(paths))}
        values: NDArray[Any] = self._found(lambda: np.concatenate(list(self._decode(list(places)))), start)
        return values if len(places) == len(paths) else values[[places[path] for path in paths]]

    def _found(self, read: Callable[[], Any], start: int = 0) -> Any:
        try:
            return read()
        except NotFound:
            # Which row names the file is looked for only now; the error does not know.
            for row in range(start, len(self._paths)):
                path = self._paths[row].as_py()
                if self._absent(path):
                    self._refuse(f"there is no file {path!r} in the data; paths are relative to the table", row)
            raise

    def _absent(self, path: str) -> bool:
        try:
            self._files.open(path).close()
        except NotFound:
            return True
        return False

    def _refuse(self, what: str, row: int = -1, missing: int = 0) -> None:
        place = "" if row < 0 else f", {self._table.row(row)}:"
        raise DatasetInvalid(f"{self._files.where}: column {self._name!r}{place} {what.format(missing=missing)}")


class _Paths(Sequence[str]):
    """Paths that stay in Arrow's memory, a tenth of what Python's texts take."""

    def __init__(self, paths: pa.ChunkedArray) -> None:
        self._paths = paths

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, place: Any) -> Any:
        return self._paths[place].as_py()

    def __iter__(self) -> Iterator[str]:
        return (path.as_py() for chunk in self._paths.chunks for path in chunk)
