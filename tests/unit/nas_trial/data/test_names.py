from __future__ import annotations

import pytest

from nas_trial.data.names import (
    endings,
    found,
    held_out,
    parts_of,
    parts_of_files,
    parts_of_folders,
    pieces,
    readable,
    says_held_out,
    unread,
)


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("train.csv", "train"),
        ("a/test-0001.tar", "test"),
        ("Validation_2.parquet", "val"),
        ("dev.tsv", "val"),
        ("eval.csv", "val"),
        ("trn.csv", "train"),
        ("tst.csv", "test"),
        ("holdout.csv", "test"),
        ("trainer.csv", None),
        ("devOps.csv", None),
        ("tested/data.csv", None),
    ],
)
def test_the_split_that_a_file_tells(name: str, part: str | None) -> None:
    assert parts_of_files([name]) == {name: part}


def test_bytes_that_are_no_text_become_readable() -> None:
    assert readable("a/\u00e9") == "a/\u00e9"
    assert readable("Zo\u00eb/M\udcfcll/\u00e9.png") == "Zo\u00eb/M\u00fcll/\u00e9.png"


def test_the_splits_that_folders_tell() -> None:
    names = ["Testing/cat/1.png", "a/valid/x", "cat/1.png", "test", "train/test/1"]
    assert parts_of_folders(names) == ["test", "val", None, None, "train"]
    names = ["train-0.zip/d.csv", "train-1.zip/d.csv", "test-0.zip/d.csv", "training_shoe/test_tube/d.csv"]
    assert parts_of_folders(names) == ["train", "train", "test", None]


def test_the_splits_of_files() -> None:
    names = ["x/train/1.csv", "mnist_train.csv", "mnist_dev.csv.gz", "test/train-1.csv", "a.csv"]
    assert list(parts_of_files(names).values()) == ["train", "train", "val", "train", None]
    assert parts_of_files(["mnist_train.csv"]) == {"mnist_train.csv": None}


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("data.train.csv", "data.test.csv"),
        ("seg_train/d.csv", "seg_test/d.csv"),
        ("titanic.csv", "titanic_test.csv"),
        ("x_train_v2.parquet", "x_test_v2.parquet"),
        ("train_part1.zip/d.csv", "test_part1.zip/d.csv"),
        ("x_train_final.csv", "x_test_final.csv"),
        ("squad-train-00000-of-00002.parquet", "squad-test-00000-of-00001.parquet"),
        ("dataTrain.csv", "dataTest.csv"),
        ("a_trn.csv.gz", "a_tst.csv.gz"),
        ("train_a/d.csv", "test_a/d.csv"),
    ],
)
def test_a_test_file_is_told_by_its_counterpart(train: str, test: str) -> None:
    found = parts_of_files([train, test])
    assert found[test] == "test" and found[train] in ("train", None)
    assert says_held_out(test) and not says_held_out(train)


def test_names_of_other_files_tell_no_split() -> None:
    assert parts_of_files(["ab_test.csv", "blood_trial.csv"]) == {"ab_test.csv": None, "blood_trial.csv": None}


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["part1", "part2", "part10"], True),
        (["x_Shard-00", "x_Shard-01"], True),
        (["fold1", "fold2"], True),
        (["part1"], False),
        (["a_part1", "b_part1"], False),
        (["2019", "2020"], False),
        (["class1", "class2"], False),
        (["part1", "cat"], False),
        ([], False),
    ],
)
def test_words_that_count_pieces(words: list[str], found: bool) -> None:
    assert pieces(words) == found


def test_words_that_look_like_a_split_to_evaluate_on() -> None:
    assert [word for word in ("b_test", "val_3", "train_1", "test_tube", "cat") if held_out(word)] == [
        "b_test",
        "val_3",
    ]


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
        (["train_part1", "train_part2", "test_part1"], ["train", "train", "test"]),
        (["x.train.v2", "x.test.v2"], ["train", "test"]),
        (["train-00000-of-00002", "val-00000-of-00001"], ["train", "val"]),
        (["train_a", "train_b", "val"], ["train", "train", "val"]),
        (["training_shoe", "test_tube", "training set"], [None, None, None]),
        (["training set", "test-data"], ["train", "test"]),
    ],
)
def test_words_that_name_splits(words: list[str], parts: list[str | None]) -> None:
    assert [parts_of(words).get(word) for word in words] == parts


def test_how_names_end() -> None:
    names = ["a.PNG", "b/c.png", "b/d.tar.gz", "e", "f.a sentence that ends"]
    assert [(kind.ending, kind.files) for kind in endings(names)] == [(".png", 2), ("", 2), (".tar.gz", 1)]
    assert (
        found(names)
        == "2 files ending with .png under b/, 2 files without an ending, 1 file ending with .tar.gz under b/ "
        "(archives inside of archives: unpack the outer ones)"
    )
    assert found([]) == "no file"
    assert found(["a/x.7z"]) == "1 file ending with .7z under a/ (pack what is inside as .zip or .tar)"
    assert unread(["x.RAR"]) == ["1 file ending with .rar (pack what is inside as .zip or .tar) is not read"]
    many = [f"{k}.{k}" for k in range(20)]
    assert found(many).endswith("1 file ending with .7 and 12 more kinds")
    assert unread(many)[-2:] == ["1 file ending with .7 is not read", "12 files with other endings are not read"]
