"""The rows of one split, perhaps of several files, batch by batch."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from nas_model.tables.table_file import BATCH_ROWS, TableFile
from nas_trial.data.files import Files
from nas_trial.data.targets import listed
from nas_trial.errors import DatasetInvalid


@dataclass
class Table:
    """Rows of one split. ``names`` grows while JSON lines are read, whose rows may bring new columns."""

    files: Sequence[tuple[str, TableFile]]
    """With their names, for messages."""
    names: list[str]
    source: Files
    """Where the files lie. It is held because their paths are good as long as it lives."""
    starts: list[int] = field(default_factory=list)
    """The first row of each file that reading has come to."""

    def batches(self, wanted: Sequence[str] | None) -> Iterator[tuple[int, pa.RecordBatch]]:
        """Yield the number of the first row of each batch, from 0 over all files, and the batch."""
        start, known = 0, set(self.names)
        for number, (_, file) in enumerate(self.files):
            if number == len(self.starts):
                self.starts.append(start)
            for batch in file.batches(wanted):
                self.names += [name for name in batch.schema.names if name and name not in known]
                known.update(self.names)
                for offset in range(0, batch.num_rows, BATCH_ROWS):
                    part = batch.slice(offset, BATCH_ROWS)
                    yield start, part
                    start += part.num_rows

    @property
    def complete(self) -> bool:
        """Whether all names are known before the rows are read."""
        return all(file.complete for _, file in self.files)

    @property
    def indexes(self) -> frozenset[str]:
        """The columns that a file says are the index of a data frame."""
        return frozenset(name for _, file in self.files for name in file.indexes)

    def require(self, names: Iterable[str]) -> None:
        """Raise DatasetInvalid if a column is not there."""
        known = set(self.names)
        if missing := [name for name in names if name not in known]:
            raise DatasetInvalid(
                f"{self.source.where}: {self.files[0][0]} has no column {missing[0]!r}; there are: "
                f"{listed(self.names)}; give every table the columns of the training table"
            )

    def row(self, i: int) -> str:
        """Name a row, counted from 1 without the header, and its file where there are several."""
        file, start = self.place(i)
        number = f"row {i - start + 1}"
        return number if len(self.files) == 1 else f"{file}, {number}"

    def place(self, i: int) -> tuple[str, int]:
        """Return the file of a row, and that file's first row."""
        file = max(0, bisect_right(self.starts, i) - 1)
        return self.files[file][0], self.starts[file] if self.starts else 0
