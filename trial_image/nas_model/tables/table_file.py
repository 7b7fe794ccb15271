"""What all files of tables have in common: interface, names of columns, and bounds of what is read at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Protocol

import pyarrow as pa

from nas_model.errors import DatasetInvalid

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


def plain(array: pa.Array) -> pa.Array:
    """Return an array of the type that it stands for: categories of pandas, texts with long offsets."""
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_large_string(array.type) or pa.types.is_string_view(array.type):
        array = array.cast(pa.string())
    return array
