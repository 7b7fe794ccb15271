"""The rows of one split, perhaps of several files, batch by batch; the bounds of what is read at a time."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import pyarrow as pa

from nas_trial.data.files import Files
from nas_trial.data.targets import listed
from nas_trial.errors import DatasetInvalid

MOST_ROW_BYTES = 8 << 20
"""Of a row; also how much of a text file is read at a time."""
BATCH_BYTES, BATCH_ROWS = 8 << 20, 65_536
"""How much is converted at a time, at most."""
MOST_COLUMNS = 100_000


class TableFile(Protocol):
    """A file of a format."""

    names: tuple[str, ...]
    """The columns, stripped of space around their names, each different."""
    complete: bool
    """Whether these are all: rows of JSON lines may bring others."""
    indexes: tuple[str, ...]
    """Those that the file says are the index of a data frame."""

    def batches(self, wanted: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
        """Yield all rows with the wanted columns (None: all) that the file has; may be called again."""


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


def columns_of(batch: pa.RecordBatch) -> dict[str, pa.Array]:
    """Return the columns of a batch by their names; one by one, a batch looks through all names each time."""
    return dict(zip(batch.schema.names, batch.columns, strict=True))


def column_names(written: Sequence[str], label: str) -> tuple[str, ...]:
    """Return the names of columns without space around them; one without a name is called as pandas calls it.

    Raises:
        DatasetInvalid: if two are the same.
    """
    names = tuple(name.strip() or f"Unnamed: {place}" for place, name in enumerate(written))
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        places = [str(place) for place, name in enumerate(names, 1) if name == twice[0]]
        raise DatasetInvalid(
            f"{label}: two columns are called {twice[0]!r} (numbers {' and '.join(places[:5])}); give each a name of "
            "its own, in the first row of a CSV file"
        )
    return names
