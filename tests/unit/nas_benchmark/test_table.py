from __future__ import annotations

import gzip
from collections.abc import Mapping
from pathlib import Path

import pytest

from nas_benchmark.table import Table, read_table
from nas_core.api.strategy import Objective
from nas_core.spaces import SearchSpace
from nas_core.spaces.decisions import Choice, Integer, Real, when
from nas_core.spaces.nas_bench_101 import NasBench101
from nas_core.spaces.nas_bench_201 import NasBench201
from nas_core.table_format import TableError

SPACE = NasBench201()
UP, DOWN = Objective(metric="val"), Objective(metric="val", goal="minimize")
GOOD = "|nor_conv_3x3~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|"
TWIN = "|nor_conv_1x1~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|"
"""The same network as GOOD: what nothing reads does not matter."""
OTHER = "|nor_conv_3x3~0|+|none~0|none~1|+|skip_connect~0|nor_conv_3x3~1|none~2|"


def look(table: Table, text: str) -> Mapping[str, float] | None:
    return table.look_up(SPACE.parse(text))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "table.csv"
    found.write_text(f"arch_str,val,seconds\n{GOOD},90,10\n{TWIN},91,20\n{OTHER},80,30\n")
    return found


def test_rows_are_found_by_their_architecture(path: Path) -> None:
    table = read_table([path], SPACE, ["val", "seconds"], "raw")
    assert look(table, TWIN) == {"val": 91, "seconds": 20}
    assert look(table, "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|") is None
    assert (table.best(UP), table.best(DOWN), table.median(UP)) == (91, 80, 90)


def test_twins_may_share_their_mean(path: Path) -> None:
    table = read_table([path], SPACE, ["val"], "mean")
    assert look(table, GOOD) == look(table, TWIN) == {"val": 90.5}
    assert table.best(UP) == 90.5


def test_gzip_is_read(path: Path) -> None:
    packed = path.with_suffix(".csv.gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert read_table([packed], SPACE, ["val"], "raw") == read_table([path], SPACE, ["val"], "raw")


def test_rows_of_one_encoding_are_one_with_their_mean(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text(f"arch_str,val,seconds\n{GOOD},90,10\n{TWIN},80,1\n{GOOD},92,30\n")
    table = read_table([path], SPACE, ["val", "seconds"], "raw")
    assert (look(table, GOOD), look(table, TWIN)) == ({"val": 91, "seconds": 20}, {"val": 80, "seconds": 1})


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("arch_str,val\n", "has no rows"),
        (f"arch_str,accuracy\n{GOOD},90\n", "no column 'val'; there are arch_str, accuracy"),
        (
            f"cell,val\n{GOOD},90\n",
            "no column of architectures, architecture or arch_str, and none for each decision of nas-",
        ),
        (f"arch_str,val\n{GOOD},90\n{OTHER},high\n", "line 3: val is 'high', not a number"),
        (f"arch_str,val\n{GOOD},90\n\n{OTHER},nan\n", "line 4: val is 'nan', not a number"),
        (f"arch_str,val\n{GOOD}\n", "line 2: it has 1 fields, the header 2"),
        ("arch_str,val\n|swish~0|,90\n", "line 2: "),
    ],
)
def test_what_cannot_be_used_is_named(content: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text(content)
    with pytest.raises(TableError, match=words.replace("|", r"\|")):
        read_table([path], SPACE, ["val"], "mean")


def test_a_file_that_is_cut_off_is_named(path: Path) -> None:
    cut = path.with_suffix(".csv.gz")
    cut.write_bytes(gzip.compress(path.read_bytes())[:-9])
    with pytest.raises(TableError, match=r"table\.csv\.gz cannot be read as a CSV in gzip"):
        read_table([cut], SPACE, ["val"], "raw")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="No such file"):
        read_table([tmp_path / "none.csv"], SPACE, ["val"], "raw")


OWN = SearchSpace(
    "own",
    [
        Choice("op", ("conv", "pool")),
        Integer("kernel", 3, 7, step=2, when=when("op", "conv")),
        Choice("skip", ("no", "yes")),
    ],
)


def test_a_row_may_be_a_network(tmp_path: Path) -> None:
    space = NasBench101(4)
    chain = space.parse("0100,0010,0001,0000 input,conv3x3-bn-relu,conv3x3-bn-relu,output")
    ends = space.parse("0001,0010,0001,0000 input,conv3x3-bn-relu,conv3x3-bn-relu,output")
    path = tmp_path / "table.csv"
    path.write_text(f"architecture,module_hash,val\n,{space.canonical(chain)},1\n,{space.canonical(chain)},3\n")
    table = read_table([path], space, ["val"], "raw")
    assert (table.twins, table.look_up(chain), table.look_up(ends)) == ("mean", {"val": 2}, None)


def test_it_is_told_how_much_of_the_space_a_table_has(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    rows = [OWN.text(one) for one in OWN.enumerate()]
    path.write_text("architecture,val\n" + "".join(f"{row},1\n" for row in rows))
    assert read_table([path], OWN, ["val"], "raw").share() == 1
    path.write_text("architecture,val\n" + "".join(f"{row},1\n" for row in rows if "op=pool" in row))
    assert 0.4 < read_table([path], OWN, ["val"], "raw").share() < 0.6


def test_a_digit_may_stand_for_each_decision(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("config,val\n020,1\n001,2\n101,3\n")
    table = read_table([path], OWN, ["val"], "raw", "config")
    assert table.look_up({"op": "conv", "kernel": "7", "skip": "no"}) == {"val": 1}
    assert table.look_up({"op": "conv", "kernel": "3", "skip": "yes"}) == {"val": 2}
    assert table.look_up({"op": "pool", "skip": "yes"}) == {"val": 3}, "what does not apply has a digit, but no value"


def test_a_column_may_stand_for_each_decision(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("op,kernel,skip,val\nconv,7,no,1\npool,,yes,2\n")
    table = read_table([path], OWN, ["val"], "mean")
    assert table.look_up({"op": "conv", "kernel": "7", "skip": "no"}) == {"val": 1}
    assert table.look_up({"op": "pool", "skip": "yes"}) == {"val": 2}


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("02", "line 2: '02' has 2 digits; own has 3"),
        ("030", "'3' in '030' is no value of kernel, which has 3"),
        ("-00", "'-' in"),
    ],
)
def test_digits_that_mean_nothing_are_named(row: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text(f"config,val\n{row},1\n")
    with pytest.raises(TableError, match=words):
        read_table([path], OWN, ["val"], "raw", "config")


def test_a_real_decision_has_no_digit(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("config,val\n0,1\n")
    with pytest.raises(TableError, match="decision 'rate' of real has more than 36 values"):
        read_table([path], SearchSpace("real", [Real("rate", 0.0, 1.0)]), ["val"], "raw", "config")
    with pytest.raises(TableError, match="has no column 'digits'; it has config, val"):
        read_table([path], OWN, ["val"], "raw", "digits")


def test_columns_may_come_from_another_file(tmp_path: Path) -> None:
    one, two = tmp_path / "one.csv", tmp_path / "two.csv"
    one.write_text(f"number,arch_str,val\n7,{GOOD},90\n8,{OTHER},80\n")
    two.write_text("number,ms\n8,2.5\n7,1.5\n")
    table = read_table([one, two], SPACE, ["val", "ms"], "raw")
    assert look(table, GOOD) == {"val": 90, "ms": 1.5}
    two.write_text("number,ms\n8,2.5\n")
    with pytest.raises(TableError, match=r"line 2: .*two.csv has no row with number '7'"):
        read_table([one, two], SPACE, ["ms"], "raw")
    two.write_text("place,ms\n8,2.5\n")
    with pytest.raises(TableError, match=r"two.csv has no column to join it by: none of place, ms"):
        read_table([one, two], SPACE, ["ms"], "raw")


def test_a_star_is_the_mean_of_columns(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text(f"arch_str,val_s0,val_s1,test\n{GOOD},90,92,0\n")
    assert look(read_table([path], SPACE, ["val_s*"], "raw"), GOOD) == {"val_s*": 91}
    with pytest.raises(TableError, match=r"no column 'acc_\*'"):
        read_table([path], SPACE, ["acc_*"], "raw")
