"""Parquet files, read by pyarrow in batches whose size follows that of the rows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from nas_model.errors import DatasetInvalid
from nas_model.tables.table_file import (
    BATCH_BYTES,
    BATCH_ROWS,
    MOST_COLUMNS,
    MOST_ROW_BYTES,
    column_names,
    columns_of,
    plain,
)

READ_AHEAD = 1 << 20
"""Bytes of a column that are read at a time; without it a whole row group is."""
UNREADABLE = (ValueError, OSError, EOFError, ArithmeticError, pa.ArrowException)


class ParquetFile:
    """One file."""

    complete = True

    def __init__(self, path: Path, label: str) -> None:
        self._path, self._label = path, label
        try:
            with self._open() as file:
                schema, self._rows = file.schema_arrow, self._batch_rows(file.metadata)
        except UNREADABLE as error:
            raise DatasetInvalid(f"{label}: cannot be read as parquet: {error}") from error
        if len(schema.names) > MOST_COLUMNS:
            raise DatasetInvalid(f"{label}: has {len(schema.names)} columns; {MOST_COLUMNS} are read at most")
        self._written = schema.names
        self.names = column_names(schema.names, label)
        self.indexes = _indexes(schema)

    def batches(self, wanted: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
        """Yield the wanted columns; None: all.

        Raises:
            DatasetInvalid: if the file is damaged.
        """
        written = dict(zip(self.names, self._written, strict=True))
        chosen = list(self.names) if wanted is None else [name for name in wanted if name in written]
        try:
            with self._open() as file:
                columns = [written[name] for name in chosen]
                for batch in file.iter_batches(self._rows, columns=columns, use_threads=False):
                    # Texts may be no UTF-8, which nothing notices before they are taken out one by one.
                    batch.validate(full=True)
                    # Columns come in the order of the file, and with a dot in their names perhaps others as well.
                    there = columns_of(batch)
                    arrays = [plain(there[written[name]]) for name in chosen]
                    for name, array in zip(chosen, arrays, strict=True):
                        self._check_length(name, array)
                    yield pa.RecordBatch.from_arrays(arrays, names=chosen)
        except UNREADABLE as error:
            raise DatasetInvalid(f"{self._label}: cannot be read as parquet: {error}") from error

    def _open(self) -> pq.ParquetFile:
        # Without pre_buffer: it keeps what it has read until the end of the file.
        return pq.ParquetFile(self._path, buffer_size=READ_AHEAD, pre_buffer=False, page_checksum_verification=True)

    def _batch_rows(self, metadata: pq.FileMetaData) -> int:
        groups = (metadata.row_group(number) for number in range(metadata.num_row_groups))
        widest = max((group.total_byte_size // max(1, group.num_rows) for group in groups), default=1)
        return max(1, min(BATCH_ROWS, BATCH_BYTES // max(1, widest)))

    def _check_length(self, name: str, array: pa.Array) -> None:
        if pa.types.is_string(array.type) and (pc.max(pc.binary_length(array)).as_py() or 0) > MOST_ROW_BYTES:
            limit = MOST_ROW_BYTES >> 20
            raise DatasetInvalid(f"{self._label}: column {name!r} holds a value of more than {limit} MiB; shorten it")


def _indexes(schema: pa.Schema) -> tuple[str, ...]:
    try:
        found = json.loads((schema.metadata or {}).get(b"pandas", b"{}")).get("index_columns", [])
        # An index that counts from 0 is a dict there, and no column.
        return tuple(name.strip() for name in found if isinstance(name, str))
    except (ValueError, AttributeError, TypeError, RecursionError):
        return ()
