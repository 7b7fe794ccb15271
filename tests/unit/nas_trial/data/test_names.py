from __future__ import annotations

import pytest

from nas_trial.data.names import (
    endings,
    found,
    hidden,
    part_of_file,
    part_of_folders,
    parts_of,
    parts_of_files,
    readable,
    unread,
)


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


def test_bytes_that_are_no_text_become_readable() -> None:
    assert readable("a/\u00e9") == "a/\u00e9"
    assert readable("Zo\u00eb/M\udcfcll/\u00e9.png") == "Zo\u00eb/M\u00fcll/\u00e9.png"


def test_the_split_that_a_folder_tells() -> None:
    names = ("Testing/cat/1.png", "a/valid/x", "cat/1.png", "test", "train/test/1")
    assert [part_of_folders(name) for name in names] == ["test", "val", None, None, "train"]


def test_the_splits_of_files() -> None:
    names = ["x/train/1.csv", "mnist_train.csv", "mnist_dev.csv.gz", "test/train-1.csv", "a.csv"]
    assert list(parts_of_files(names).values()) == ["train", "train", "val", "train", None]
    assert parts_of_files(["mnist_train.csv"]) == {"mnist_train.csv": None}


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["Train", "VALID", "testing"], ["train", "val", "test"]),
        (["train", "cat"], ["train", None]),
        (["mnist_train", "mnist_test"], ["train", "test"]),
        (["a_train", "b_test"], [None, None]),
        (["train_0", "train_1"], [None, None]),
        (["train_0", "train_1", "dev_0"], ["train", "train", "val"]),
        (["train", "test2017"], ["train", "test"]),
        (["training_shoe", "test_tube", "training set"], [None, None, None]),
        (["training set", "test-data"], ["train", "test"]),
    ],
)
def test_words_that_name_splits(words: list[str], parts: list[str | None]) -> None:
    assert [parts_of(words).get(word) for word in words] == parts


def test_how_names_end() -> None:
    names = ["a.PNG", "b/c.png", "b/d.tar.gz", "e", "f.a sentence that ends"]
    assert [(kind.ending, kind.files) for kind in endings(names)] == [(".png", 2), ("", 2), (".gz", 1)]
    assert (
        found(names) == "2 files ending with .png under b/, 2 files without an ending, 1 file ending with .gz under b/"
    )
    assert found([]) == "no file"
    many = [f"{k}.{k}" for k in range(20)]
    assert found(many).endswith("1 file ending with .7 and 12 more kinds")
    assert unread(many)[-2:] == ["1 file ending with .7 is not read", "12 files with other endings are not read"]
