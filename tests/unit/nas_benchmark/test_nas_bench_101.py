from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pytest
from tests.support.tfrecords import framed, trained

from nas_benchmark.nas_bench_101 import convert
from nas_benchmark.table import read_table
from nas_client.cli.main import main
from nas_core.spaces.nas_bench_101 import NasBench101
from nas_core.table_format import TableError

SPACE = NasBench101(3)
ONE, OTHER = list(SPACE.distinct.values())[:2]


def record(module_hash: str, epochs: int, val: float, seconds: float = 100.0) -> bytes:
    last = [epochs, seconds, 1.0, val, val - 0.01]
    return trained(module_hash, epochs, 882570, [[0, 0, 0.1, 0.1, 0.1], [epochs / 2, seconds / 2, 0.6, 0.5, 0.4], last])


def written(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt") as file:
        return list(csv.DictReader(file))


def test_trainings_of_a_network_are_a_row(tmp_path: Path) -> None:
    source, target, seen = tmp_path / "nasbench.tfrecord", tmp_path / "nb101.csv.gz", list[int]()
    one, other = SPACE.canonical(ONE), SPACE.canonical(OTHER)
    source.write_bytes(
        record(one, 108, 0.9) + record(other, 108, 0.5) + record(one, 108, 0.92, 300) + record(one, 4, 0.3, 10)
    )
    assert convert(source, target, seen.append) == 2
    assert seen[-1] == source.stat().st_size
    first, second = written(target)
    assert first == {
        "module_hash": one, "parameters": "882570",
        "val_accuracy_4": "0.3", "test_accuracy_4": "0.29", "train_seconds_4": "10",
        "val_accuracy": "0.91", "test_accuracy": "0.9", "train_seconds": "200",
    }  # fmt: skip
    assert (second["val_accuracy"], second["val_accuracy_4"]) == ("0.5", "")
    table = read_table([target], SPACE, ["val_accuracy"], "raw")
    assert table.look_up(ONE) == {"val_accuracy": 0.91}


def test_nasctl_converts_and_says_how_many(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, target = tmp_path / "nasbench.tfrecord", tmp_path / "nb101.csv.gz"
    source.write_bytes(record(SPACE.canonical(ONE), 108, 0.9))
    assert main(["table", str(source), str(target)]) == 0
    assert "nb101.csv.gz: 1 networks" in capsys.readouterr().out
    assert len(written(target)) == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"no records at all", "there is no TFRecord at byte 0"),
        (b"", "has no records"),
        (framed(b'{"a": 1}'), "is no record of NAS-Bench-101"),
        (framed(b'["a", 108, "", "", "!"]'), "is no record of NAS-Bench-101"),
        (framed(b'["a", 108, "", "", ""]'), "is no record of NAS-Bench-101"),
        (trained("a", float("inf"), 1, [[0.0]]), "cannot convert float infinity"),
    ],
)
def test_another_file_leaves_the_table_as_it_was(content: bytes, words: str, tmp_path: Path) -> None:
    source, target = tmp_path / "nasbench.tfrecord", tmp_path / "nb101.csv.gz"
    source.write_bytes(content)
    target.write_text("before")
    with pytest.raises(TableError, match=words):
        convert(source, target, lambda _: None)
    assert target.read_text() == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["nasbench.tfrecord", "nb101.csv.gz"]


def test_a_directory_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "nasbench.tfrecord"
    source.write_bytes(record(SPACE.canonical(ONE), 108, 0.9))
    assert main(["table", str(source), str(tmp_path / "none" / "t.csv.gz")]) == 2
    assert "No such file or directory" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("source", "target", "words"),
    [("none", "t.csv.gz", "none: there is no such file"), ("none", "t.csv", "give it a name that ends with .csv.gz")],
)
def test_what_is_wrong_is_said(source: str, target: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["table", source, target]) == 2
    assert words in capsys.readouterr().err


def test_a_conversion_that_is_stopped_does_not_go_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("nas_benchmark.conversion.run", stopped)
    assert main(["table", "source", "t.csv.gz"]) == 130
    assert "the same command starts from the beginning" in capsys.readouterr().err
