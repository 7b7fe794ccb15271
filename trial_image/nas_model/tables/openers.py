"""The kinds of files of tables, each with what opens it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from nas_model.tables.csv_files import CsvFile
from nas_model.tables.json_lines import JsonLinesFile
from nas_model.tables.parquet_files import ParquetFile
from nas_model.tables.table_file import TableFile

OPENERS: Mapping[str, Callable[[Path, str], TableFile]] = {
    "csv": CsvFile,
    "parquet": ParquetFile,
    "jsonl": JsonLinesFile,
}
"""By the kinds of `nas_core.data_files`: they take a path and the file's name for messages."""
