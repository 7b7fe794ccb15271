from __future__ import annotations

import pytest

from nas_trial.data.names import hidden, part_of_file, part_of_folder


@pytest.mark.parametrize(
    "name", [".a.csv", "a/._1.png", ".ipynb_checkpoints/1.png", "__MACOSX/a/1.png", "a/Thumbs.db", "Desktop.ini"]
)
def test_what_systems_and_editors_leave_behind(name: str) -> None:
    assert hidden(name) and not hidden("a/" + name.replace(".", "x").replace("_", "x"))


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("train.csv", "train"),
        ("a/test-0001.tar", "test"),
        ("Validation_2.parquet", "val"),
        ("dev.tsv", "val"),
        ("eval.csv", "val"),
        ("holdout.csv", "test"),
        ("trainer.csv", None),
        ("tested/data.csv", None),
    ],
)
def test_the_split_that_a_file_tells(name: str, part: str | None) -> None:
    assert part_of_file(name) == part


def test_the_split_that_a_folder_tells() -> None:
    assert [part_of_folder(n) for n in ("Testing/cat/1.png", "valid/x", "cat/test/1.png", "test")] == [
        "test",
        "val",
        None,
        None,
    ]
