"""CSV and TSV files, plain or gzipped, read block by block by pyarrow: values are texts, an empty one is missing."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.csv

from nas_model.errors import DatasetInvalid
from nas_model.tables.table_file import MOST_COLUMNS, MOST_ROW_BYTES, column_names

GZIP = b"\x1f\x8b"
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
OTHER_SEPARATORS = ";\t|"
# Errors of reading: ArrowInvalid is a ValueError; of damaged gzip the others.
UNREADABLE = (ValueError, OSError, EOFError, zlib.error, csv.Error, pa.ArrowException)
ROW = re.compile(r"Row #(\d+)")


class CsvFile:
    """One file; the first row names the columns."""

    complete = True
    indexes: tuple[str, ...] = ()

    def __init__(self, path: Path, label: str) -> None:
        self._path, self._label = path, label
        self._separator = "\t" if label.lower().removesuffix(".gz").endswith(".tsv") else ","
        self.names = self._header()

    def batches(self, wanted: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
        """Yield the wanted columns (None: all), as texts; a null is an empty field.

        Raises:
            DatasetInvalid: if a row has more or fewer fields than there are columns, is no UTF-8 or too long.
        """
        # By place: pyarrow would take an empty name for the end of the names.
        places = {name: str(place) for place, name in enumerate(self.names)}
        chosen = list(self.names) if wanted is None else [name for name in wanted if name in places]
        ragged: list[Any] = []

        def refuse(row: Any) -> str:
            ragged.append(row)
            return "error"

        last = None
        try:
            with self._open() as file:
                reader = pa.csv.open_csv(
                    file,
                    pa.csv.ReadOptions(
                        use_threads=False,
                        block_size=MOST_ROW_BYTES,
                        column_names=list(places.values()),
                        skip_rows=self._blank,
                        skip_rows_after_names=1,
                    ),
                    pa.csv.ParseOptions(delimiter=self._separator, newlines_in_values=True, invalid_row_handler=refuse),
                    pa.csv.ConvertOptions(
                        column_types=dict.fromkeys(places.values(), pa.string()),
                        include_columns=[places[name] for name in chosen],
                        null_values=[""],
                        strings_can_be_null=True,
                    ),
                )
                for batch in reader:
                    last = batch
                    yield pa.RecordBatch.from_arrays(batch.columns, names=chosen)
        except UNREADABLE as error:
            raise DatasetInvalid(f"{self._label}{self._explain(error, ragged)}") from error
        if last is not None and chosen[-1] == self.names[-1]:
            self._check_last(last.column(last.num_columns - 1)[-1].as_py())

    def _open(self) -> BinaryIO:
        file = self._path.open("rb")
        # By the content: what a browser saved may be unpacked and still be called .gz.
        packed = file.read(2) == GZIP
        file.seek(0)
        return gzip.GzipFile(fileobj=file) if packed else file  # type: ignore[return-value]

    def _header(self) -> tuple[str, ...]:
        try:
            with self._open() as file:
                start = file.read(MOST_ROW_BYTES)
            if start.startswith(UTF_16) or b"\0" in start[:1024]:
                raise DatasetInvalid(f"{self._label}: is no UTF-8 text (it looks like UTF-16); save it as UTF-8")
            # Bytes that are no UTF-8 are told with their row when it is read.
            rows = csv.reader(io.StringIO(start.decode("utf-8-sig", "replace"), newline=""), delimiter=self._separator)
            fields: list[str] = []
            self._blank = -1  # empty lines before the header
            while not fields and (row := next(rows, None)) is not None:
                fields = row
                self._blank += 1
        except UNREADABLE as error:
            raise DatasetInvalid(f"{self._label}: cannot be read as csv: {error}") from error
        if not fields:
            raise DatasetInvalid(f"{self._label}: cannot be read as csv: it is empty; the first row names the columns")
        if len(fields) == 1 and (other := [mark for mark in OTHER_SEPARATORS if mark in fields[0]]):
            written = "tabs" if other[0] == "\t" else repr(other[0])
            remedy = "name it .tsv" if other[0] == "\t" else "write commas"
            raise DatasetInvalid(f"{self._label}: its columns are separated by {written}; {remedy}")
        if len(fields) > MOST_COLUMNS:
            raise DatasetInvalid(f"{self._label}: has {len(fields)} columns; {MOST_COLUMNS} are read at most")
        return column_names(fields, self._label)

    def _explain(self, error: Exception, ragged: list[Any]) -> str:
        text = str(error)
        found = ROW.search(text)
        # People count from the row below the header.
        row = f", row {int(found[1]) - 1 - self._blank}" if found else ""
        if ragged:
            return f"{row}: {_ragged(ragged[0].expected_columns, ragged[0].actual_columns, ragged[0].text)}"
        if "UTF8" in text:
            return f"{row}: is no UTF-8 text (perhaps it is Latin-1); save the file as UTF-8"
        if "straddl" in text:
            limit = MOST_ROW_BYTES >> 20
            return f": a row has more than {limit} MiB; shorten it, or close a quotation mark that is left open"
        return f"{row}: cannot be read as csv: {error}"

    def _check_last(self, value: str | None) -> None:
        """Refuse a file whose last value is everything behind a quotation mark that is left open."""
        if value is None or "\n" not in value:
            return
        end = b""
        with self._open() as file:
            for block in iter(lambda: file.read(1 << 20), b""):
                end = (end + block)[-64:]
        # Only within quotes a value has line ends: the last one of a file then ends with a mark.
        if not end.rstrip().endswith(b'"'):
            raise DatasetInvalid(
                f"{self._label}: a quotation mark is left open before {value[:40]!r}, at the end; close it"
            )


def _ragged(expected: int, found: int, text: str) -> str:
    if found == expected + 1 and text.rstrip("\r\n").endswith(","):
        return (
            f"has {found} fields and the header {expected}, for a comma ends the row; remove the comma at the end of "
            "each row, or add one to the header"
        )
    return f"has {found} fields and the header {expected}; give each row as many, and put texts with commas in quotes"
