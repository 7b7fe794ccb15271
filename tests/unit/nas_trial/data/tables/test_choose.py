from __future__ import annotations

import pytest
from tests.support.held_files import HeldFiles

from nas_trial.data.tables.choose import choose
from nas_trial.errors import DatasetInvalid


def test_files_name_their_splits() -> None:
    names = ["train-0.csv", "train-1.csv", "val.csv", "test.csv"]
    found = choose(HeldFiles(dict.fromkeys(names, "")), "csv")
    assert found.splits == {"train": names[:2], "val": ["val.csv"], "test": ["test.csv"]}
    assert found.warnings == ()
    assert choose(HeldFiles({"part-0.csv": "", "test.csv": ""}), "csv").splits["train"] == ["part-0.csv"]
    assert choose(HeldFiles({"data": ""}), "csv").splits["train"] == ["data"], "a format that is named needs no ending"
    assert choose(HeldFiles({"DATA.CSV": "", "readme.md": ""}), "csv").splits["train"] == ["DATA.CSV"]
    with pytest.raises(DatasetInvalid, match=r"found no csv file to train on; there are 1 file ending with \.csv"):
        choose(HeldFiles({"test.csv": ""}), "csv")


def test_a_file_that_is_not_read_is_told() -> None:
    found = choose(HeldFiles(dict.fromkeys(["train.csv", "notes.csv", "readme.md"], "")), "csv")
    assert found.splits == {"train": ["train.csv"]}
    assert found.warnings == (
        "notes.csv: not read, for the name tells no split (train, val, test), as those of other files do",
        "1 file ending with .md is not read",
    )
    found = choose(HeldFiles(dict.fromkeys(["train.csv", "test.parquet", "images/1.png"], "")), "csv")
    assert found.warnings == ("1 file ending with .parquet is not read",)


def test_names_with_something_in_front_and_folders_tell_splits_too() -> None:
    names = ["a/mnist_test.csv", "a/mnist_train.csv", "b/valid/1.csv", "b/valid/2.csv"]
    found = choose(HeldFiles(dict.fromkeys(names, "")), "csv")
    assert found.splits == {"test": names[:1], "train": names[1:2], "val": names[2:]}


def test_a_table_whose_name_may_tell_another_split_is_told() -> None:
    found = choose(HeldFiles({"kaggle.csv": "", "rows_test.csv": ""}), "csv")
    assert found.splits == {"train": ["kaggle.csv", "rows_test.csv"]}
    (warning,) = found.warnings
    assert warning.startswith("rows_test.csv: trained on, though the name has the word of another split")
    assert not choose(HeldFiles({"rows_train.csv": ""}), "csv").warnings
    found = choose(HeldFiles({"titanic.csv": "", "titanic_test.csv": ""}), "csv")
    assert found.splits == {"train": ["titanic.csv"], "test": ["titanic_test.csv"]} and not found.warnings
