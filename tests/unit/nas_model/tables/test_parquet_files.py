from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nas_model.tables.parquet_files import ParquetFile
from nas_model.tables.table_file import BATCH_BYTES, BATCH_ROWS, MOST_ROW_BYTES
from nas_trial.errors import DatasetInvalid


def open_parquet(folder: Path, table: pa.Table | pd.DataFrame, **options: Any) -> ParquetFile:
    path = folder / "d.parquet"
    if isinstance(table, pa.Table):
        pq.write_table(table, path, **options)
    else:
        table.to_parquet(path)
    return ParquetFile(path, "d.parquet")


def test_values_keep_their_types(tmp_path: Path) -> None:
    columns = {
        "amount": pa.array([Decimal("1.50"), None]),
        "day": pa.array([date(2024, 1, 2), None]),
        "town": pa.array(["Rom", None]).dictionary_encode(),
        "long": pa.array(["x", "y"], pa.large_string()),
        "a.b": pa.array([1, 2]),
    }
    file = open_parquet(tmp_path, pa.table(columns))
    (batch,) = file.batches(None)
    assert file.names == tuple(columns)
    assert [str(kind) for kind in batch.schema.types] == [
        "decimal128(3, 2)",
        "date32[day]",
        "string",
        "string",
        "int64",
    ]
    (part,) = file.batches(["a.b", "town"])
    assert part.to_pydict() == {"a.b": [1, 2], "town": ["Rom", None]}


def test_the_index_of_a_data_frame_is_known(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": [1, 2, 3]})
    assert open_parquet(tmp_path, frame).indexes == ()
    assert open_parquet(tmp_path, frame.set_index(pd.Index([4, 2, 9]))).indexes == ("__index_level_0__",)
    assert open_parquet(tmp_path, frame.assign(id=[7, 9, 8]).set_index("id")).indexes == ("id",)


@pytest.mark.parametrize("about", [b"no JSON", b"[]", b'{"index_columns": 5}', b"[" * 100_000])
def test_an_index_that_nobody_can_read_is_none(tmp_path: Path, about: bytes) -> None:
    table = pa.table({"x": [1, 2]}).replace_schema_metadata({b"pandas": about})
    assert open_parquet(tmp_path, table).indexes == ()


def test_texts_that_are_no_utf_8_are_refused(tmp_path: Path) -> None:
    file = open_parquet(tmp_path, pa.table({"x": ["before", "whole"]}), compression="none", use_dictionary=False)
    path = tmp_path / "d.parquet"
    path.write_bytes(path.read_bytes().replace(b"whole", b"\x89hole"))
    with pytest.raises(DatasetInvalid, match=r"cannot be read as parquet: .*UTF8"):
        list(file.batches(None))


def test_batches_are_smaller_where_rows_are_wide(tmp_path: Path) -> None:
    narrow = open_parquet(tmp_path, pa.table({"x": pa.array(range(BATCH_ROWS + 10))}))
    assert [batch.num_rows for batch in narrow.batches(None)] == [BATCH_ROWS, 10]
    texts = [f"{i:06d}" + "x" * (BATCH_BYTES // 4) for i in range(8)]
    wide = open_parquet(tmp_path, pa.table({"t": texts}), compression="none", use_dictionary=False)
    assert [batch.num_rows for batch in wide.batches(None)] == [3, 3, 2]


def test_what_has_been_read_is_let_go(tmp_path: Path) -> None:
    numbers = np.random.default_rng(0).normal(size=1_000_000)
    file = open_parquet(tmp_path, pa.table({"x": numbers}), row_group_size=50_000)  # 8 MB in 20 row groups
    before = pa.total_allocated_bytes()
    held = [pa.total_allocated_bytes() - before for _ in file.batches(None)]
    assert max(held) < 3_000_000


@pytest.mark.parametrize(
    ("content", "message"), [(b"no table", "cannot be read as parquet"), (b"PAR1" * 4, "cannot be read as parquet")]
)
def test_a_damaged_file_is_told(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "d.parquet").write_bytes(content)
    with pytest.raises(DatasetInvalid, match=rf"d\.parquet: {message}"):
        ParquetFile(tmp_path / "d.parquet", "d.parquet")


def test_a_damaged_page_is_told(tmp_path: Path) -> None:
    open_parquet(tmp_path, pa.table({"x": list(range(10_000))}))
    content = bytearray((tmp_path / "d.parquet").read_bytes())
    content[100:2000] = bytes(1900)
    (tmp_path / "d.parquet").write_bytes(content)
    with pytest.raises(DatasetInvalid, match=r"d\.parquet: cannot be read as parquet"):
        list(ParquetFile(tmp_path / "d.parquet", "d.parquet").batches(None))


def test_two_columns_of_one_name_and_a_long_value_are_told(tmp_path: Path) -> None:
    with pytest.raises(DatasetInvalid, match="two columns are called 'x'"):
        open_parquet(tmp_path, pa.table([pa.array([1]), pa.array([2])], names=["x", " x"]))
    file = open_parquet(tmp_path, pa.table({"t": ["x" * (MOST_ROW_BYTES + 1)]}))
    with pytest.raises(DatasetInvalid, match="column 't' holds a value of more than 8 MiB; shorten it"):
        list(file.batches(None))
