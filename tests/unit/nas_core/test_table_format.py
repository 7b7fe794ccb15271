from __future__ import annotations

import gzip

import pytest

from nas_core import table_format
from nas_core.spaces import SearchSpace
from nas_core.spaces.nas_bench_101 import NasBench101
from nas_core.spaces.nas_bench_201 import NasBench201
from nas_core.table_format import Naming, TableError, finite, naming, number, read_csv


@pytest.mark.parametrize(
    ("space", "header", "expected"),
    [
        (NasBench201(), ["arch_index", "arch_str"], Naming("arch_str", by_network=False)),
        (NasBench201(), ["arch_str", "architecture"], Naming("architecture", by_network=False)),
        (NasBench201(), ["module_hash"], None),
        (NasBench101(), ["architecture"], Naming("architecture", by_network=False)),
        (NasBench101(), ["architecture", "module_hash"], Naming("module_hash", by_network=True)),
        (NasBench101(), [], None),
    ],
)
def test_a_column_names_the_architectures(space: SearchSpace, header: list[str], expected: Naming | None) -> None:
    assert naming(space, header) == expected


ROWS = 'a,b\n1,"x\ny"\n\n2,z\n'


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv", ROWS.encode()),
        ("t.csv", ROWS.encode("utf-8-sig")),
        ("t.csv", ROWS.replace("\n", "\r\n").encode()),
        ("t.csv.gz", gzip.compress(ROWS.encode())),
    ],
    ids=["plain", "with a byte-order mark", "of Windows", "gzip"],
)
def test_rows_come_with_the_line_that_they_end_in(name: str, content: bytes) -> None:
    header, lines = read_csv(name, content)
    assert header == ["a", "b"]
    assert [(line, [field.replace("\r", "") for field in fields]) for line, fields in lines] == [
        (3, ["1", "x\ny"]),
        (5, ["2", "z"]),
    ]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("t.csv", b"", "t.csv is empty"),
        ("t.csv", b"a,b,a\n", "t.csv has two columns 'a'"),
        ("t.csv", b"a,b\n1,2\n3\n", "t.csv, line 3: it has 1 fields, the header 2"),
        ("t.csv", b"a,b\n1,2,3\n", "t.csv, line 2: it has 3 fields, the header 2"),
        ("t.csv", b"a\n\xff\n", "t.csv cannot be read as a CSV: 'utf-8' codec"),
        ("t.csv.gz", b"a\n1\n", "t.csv.gz cannot be read as a CSV in gzip: Not a gzipped file"),
        (
            "t.csv.gz",
            gzip.compress(b"a\n1\n", mtime=0)[:-9],
            "t.csv.gz cannot be read as a CSV in gzip: Compressed file ended",
        ),
    ],
)
def test_what_is_no_table_is_named(name: str, content: bytes, words: str) -> None:
    with pytest.raises(TableError, match=words):
        list(read_csv(name, content)[1])


def test_what_unpacks_without_end_is_refused_before_it_fills_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = b"a\n" + b"1\n" * 1000
    monkeypatch.setattr(table_format, "UNPACKED_LIMIT", len(rows))
    assert len(list(read_csv("t.csv.gz", gzip.compress(rows))[1])) == 1000
    with pytest.raises(TableError, match=r"t\.csv\.gz unpacks to more than 2002 bytes; leave out what"):
        read_csv("t.csv.gz", gzip.compress(rows + b"1"))


def test_numbers_are_finite() -> None:
    assert [finite(text) for text in ("1e3", "nan", "-inf", "", "x")] == [1000, None, None, None, None]
    assert number("t.csv", 7, "a", " 0.5 ") == 0.5
    with pytest.raises(TableError, match=r"t\.csv, line 7: a is 'nan', not a number"):
        number("t.csv", 7, "a", "nan")
