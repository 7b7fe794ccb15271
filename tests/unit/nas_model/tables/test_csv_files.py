from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from nas_model.tables.csv_files import GZIP, CsvFile
from nas_model.tables.table_file import MOST_ROW_BYTES
from nas_trial.errors import DatasetInvalid


def open_csv(folder: Path, content: bytes | str, name: str = "d.csv") -> CsvFile:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return CsvFile(path, name)


def rows(file: CsvFile, wanted: list[str] | None = None) -> list[dict[str, str | None]]:
    return [row for batch in file.batches(wanted) for row in batch.to_pylist()]


def test_values_are_texts_and_empty_ones_are_missing(tmp_path: Path) -> None:
    file = open_csv(tmp_path, 'a, b ,c\n1,"x, ""y""",\n007,"",NA\n')
    assert file.names == ("a", "b", "c")
    assert rows(file) == [{"a": "1", "b": 'x, "y"', "c": None}, {"a": "007", "b": None, "c": "NA"}]
    assert rows(file, ["c", "a"]) == [{"c": None, "a": "1"}, {"c": "NA", "a": "007"}]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("d.tsv", b"a\tb\n1\tx\n"),
        ("d.csv.gz", gzip.compress(b"a,b\n1,x\n", mtime=0)),
        ("d.csv.gz", b"a,b\n1,x\n"),
        ("d.csv", b"\xef\xbb\xbfa,b\r\n1,x\r\n"),
        ("d.csv", b"\na,b\n\n1,x"),
        ("d.csv", b"a,b\r1,x\r"),
    ],
    ids=["tabs", "gzip", "only called gzip", "byte order mark", "empty lines", "old line ends"],
)
def test_every_way_to_write_it(tmp_path: Path, name: str, content: bytes) -> None:
    assert rows(open_csv(tmp_path, content, name)) == [{"a": "1", "b": "x"}]


def test_line_ends_within_quotes_belong_to_the_value(tmp_path: Path) -> None:
    file = open_csv(tmp_path, '"a\nb",y\n"1\n2",5" pipe\n3,"x\n"\n')
    assert file.names == ("a\nb", "y")
    assert rows(file) == [{"a\nb": "1\n2", "y": '5" pipe'}, {"a\nb": "3", "y": "x\n"}]


def test_a_name_that_is_missing_is_that_of_pandas(tmp_path: Path) -> None:
    assert open_csv(tmp_path, ",a,\n0,1,\n").names == ("Unnamed: 0", "a", "Unnamed: 2")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "it is empty; the first row names the columns"),
        (b"a,b\n1,2\n1,2,3\n", r"row 2: has 3 fields and the header 2; give each row as many"),
        (b"\n\na,b\n1,2\n\n1,2,3\n", r"row 2: has 3 fields"),
        (b"a,b\n1\n", r"row 1: has 1 fields and the header 2"),
        (b"a,b\n1,2,\n3,4,\n", r"row 1: has 3 fields and the header 2, for a comma ends the row; remove the comma"),
        (b"a,b\n1,2\n\xe9t\xe9,2\n", r"row 2: is no UTF-8 text \(perhaps it is Latin-1\); save the file as UTF-8"),
        ("a,b\n1,2\n".encode("utf-16"), "is no UTF-8 text .it looks like UTF-16.; save it as UTF-8"),
        (b"a;b\n1;2\n", "its columns are separated by ';'; write commas"),
        (b"a\tb\n1\t2\n", "its columns are separated by tabs; name it .tsv"),
        (b"a,b, a\n1,2,3\n", r"two columns are called 'a' \(numbers 1 and 3\); give each a name of its own"),
        (b'a,b\n1,"x\n2,y\n', "a quotation mark is left open before 'x"),
        (gzip.compress(b"a,b\n1,x\n", mtime=0)[:-9], "cannot be read as csv"),
    ],
)
def test_what_cannot_be_read_is_told_with_file_and_row(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(DatasetInvalid, match=rf"d\.csv(\.gz)?[:,] .*{message}"):
        rows(open_csv(tmp_path, content, "d.csv.gz" if content[:2] == GZIP else "d.csv"))


def test_a_row_is_bounded(tmp_path: Path) -> None:
    wide = "x" * (MOST_ROW_BYTES // 2)
    assert rows(open_csv(tmp_path, f"a,b\n1,{wide}\n2,{wide}\n"))[1] == {"a": "2", "b": wide}
    with pytest.raises(
        DatasetInvalid, match=r"d\.csv: a row has more than 8 MiB; shorten it, or close a quotation mark"
    ):
        rows(open_csv(tmp_path, f"a,b\n1,{wide * 6}\n"))


def test_the_row_of_a_later_block_is_counted_from_the_first(tmp_path: Path) -> None:
    line = f"1,{'x' * 1021}\n"  # 1 KiB
    with pytest.raises(DatasetInvalid, match=r"d\.csv, row 20001: has 3 fields"):
        rows(open_csv(tmp_path, "a,b\n" + line * 20_000 + "1,2,3\n"))
