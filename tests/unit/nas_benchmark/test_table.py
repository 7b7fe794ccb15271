from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from nas_benchmark.table import TableError, read_table
from nas_core.api.trial import CandidateSpec
from nas_core.spaces.nas_bench_201 import NasBench201

SPACE = NasBench201()
GOOD = "|nor_conv_3x3~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|"
TWIN = "|nor_conv_1x1~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|"
"""The same network as GOOD: what nothing reads does not matter."""
OTHER = "|nor_conv_3x3~0|+|none~0|none~1|+|skip_connect~0|nor_conv_3x3~1|none~2|"


def candidate(text: str) -> CandidateSpec:
    architecture = SPACE.parse(text)
    return CandidateSpec(id=SPACE.canonical_id(architecture), architecture=architecture, origin="Random")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "table.csv"
    found.write_text(f"arch_str,val,seconds\n{GOOD},90,10\n{TWIN},91,20\n{OTHER},80,30\n")
    return found


def test_rows_are_found_by_their_architecture(path: Path) -> None:
    table = read_table(path, SPACE, ["val", "seconds"], "raw")
    assert table(candidate(TWIN)) == {"val": 91, "seconds": 20}
    assert table(candidate("|none~0|+|none~0|none~1|+|none~0|none~1|none~2|")) is None
    assert (table.best("val", 1), table.best("val", -1)) == (91, 80)


def test_twins_may_share_their_mean(path: Path) -> None:
    table = read_table(path, SPACE, ["val"], "mean")
    assert table(candidate(GOOD)) == table(candidate(TWIN)) == {"val": 90.5}
    assert table.best("val", 1) == 90.5


def test_gzip_is_read(path: Path) -> None:
    packed = path.with_suffix(".csv.gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert read_table(packed, SPACE, ["val"], "raw") == read_table(path, SPACE, ["val"], "raw")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("arch_str,val\n", "has no rows"),
        (f"arch_str,accuracy\n{GOOD},90\n", "no column 'val'; it has arch_str, accuracy"),
        (f"cell,val\n{GOOD},90\n", "no column of architectures, arch_str or architecture"),
        (f"arch_str,val\n{GOOD},90\n{OTHER},high\n", "line 3: val is 'high', not a number"),
        ("arch_str,val\n|swish~0|,90\n", "line 2: "),
    ],
)
def test_what_cannot_be_used_is_named(content: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text(content)
    with pytest.raises(TableError, match=words.replace("|", r"\|")):
        read_table(path, SPACE, ["val"], "mean")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="No such file"):
        read_table(tmp_path / "none.csv", SPACE, ["val"], "raw")
