from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nas_trial.data.prepared.arrow_file import BYTES, TEXT, ArrowFile, ArrowWriter, Column

COLUMNS = (
    Column("x", "float64", (2, 3)),
    Column("t", TEXT),
    Column("b", BYTES),
    Column("n", "int32", (0,)),
    Column("k", "int8"),
)


@pytest.fixture
def file(tmp_path: Path) -> ArrowFile:
    """Two batches, of three rows and of two."""
    with ArrowWriter(tmp_path / "f.arrow", COLUMNS) as writer:
        for start, end in ((0, 3), (3, 5)):
            rows = range(start, end)
            writer.append(
                {
                    "x": np.arange(30.0).reshape(5, 2, 3)[start:end],
                    "t": np.array(["é" * row for row in rows], object),
                    "b": np.array([bytes([row]) * row for row in rows], object),
                    "n": np.zeros((end - start, 0), np.int32),
                    "k": np.arange(start, end),
                }
            )
    return ArrowFile(tmp_path / "f.arrow")


@pytest.mark.parametrize("rows", [[4, 0, 3, 3, 1], [2], [], [0, 1, 2, 3, 4]], ids=str)
def test_rows_of_every_type_in_any_order(rows: list[int], file: ArrowFile) -> None:
    chosen = np.array(rows, np.int64)
    assert file.take("x", chosen).tolist() == np.arange(30.0).reshape(5, 2, 3)[chosen].tolist()
    assert file.take("t", chosen).tolist() == ["é" * row for row in rows]
    assert file.take("b", chosen).tolist() == [bytes([row]) * row for row in rows]
    assert file.take("k", chosen).tolist() == rows and file.take("k", chosen).dtype == np.int8
    assert file.take("n", chosen).shape == (len(rows), 0)


def test_what_a_file_holds(file: ArrowFile) -> None:
    assert len(file) == 5 and file.starts.tolist() == [0, 3, 5]
    assert tuple(file.column(column.name) for column in COLUMNS) == COLUMNS and file.column("other") is None


def test_half_a_character_is_replaced(tmp_path: Path) -> None:
    with ArrowWriter(tmp_path / "f.arrow", [Column("t", TEXT)]) as writer:
        writer.append({"t": np.array(["a\ud800b"], object)})
    assert ArrowFile(tmp_path / "f.arrow").take("t", np.array([0])).tolist() == ["a?b"]


def test_pandas_is_not_imported(tmp_path: Path) -> None:
    program = f"""
import sys
from pathlib import Path
import numpy as np
from nas_trial.data.prepared.arrow_file import ArrowFile, ArrowWriter, Column
path = Path({str(tmp_path / "f.arrow")!r})
with ArrowWriter(path, [Column("x", "float32", (2,)), Column("t", "text")]) as writer:
    writer.append({{"x": np.zeros((3, 2)), "t": np.array(["a", "b", "c"], object)}})
for name in ("x", "t"):
    ArrowFile(path).take(name, np.arange(3))
sys.exit("pandas" in sys.modules or "torch" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
