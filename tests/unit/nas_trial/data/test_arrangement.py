from __future__ import annotations

from collections.abc import Iterable

import pytest

from nas_trial.data.arrangement import Arrangement, arrange
from nas_trial.errors import DatasetInvalid


def arranged(names: Iterable[str], labels: dict[str, str] | None = None) -> Arrangement:
    return arrange("here", list(names), "image", (".png",), labels.get if labels is not None else None)


def classes(found: Arrangement) -> dict[str, set[str]]:
    return {split: set(files.values()) for split, files in found.splits.items()}


def each(*folders: str, count: int = 2) -> list[str]:
    return [f"{folder}/{k}.png" for folder in folders for k in range(count)]


@pytest.mark.parametrize("root", ["", "flowers/", "data/flowers/", "a/b/c/"])
def test_folders_that_all_share_are_taken_off(root: str) -> None:
    assert classes(arranged(each(f"{root}rose", f"{root}tulip"))) == {"train": {"rose", "tulip"}}


def test_a_single_class_is_no_root() -> None:
    assert classes(arranged(each("rose"))) == {"train": {"rose"}}


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("train", "test"),
        ("Training", "Testing"),
        ("train", "holdout"),
        ("seg_train", "seg_test"),
        ("seg_train/seg_train", "seg_test/seg_test"),
        ("training_set/training_set", "test_set/test_set"),
        ("train/train", "test/test"),
        ("train2017", "test2017"),
        ("data/train", "data/test"),
        ("my data/x-train-1", "my data/x-test-1"),
    ],
)
def test_folders_that_are_splits(train: str, test: str) -> None:
    found = arranged(each(f"{train}/sea", f"{train}/forest", f"{test}/sea"))
    assert classes(found) == {"train": {"sea", "forest"}, "test": {"sea"}} and not found.warnings


@pytest.mark.parametrize("other", ["images", "flowers/images"])
def test_folders_between_a_split_and_its_classes(other: str) -> None:
    found = arranged(each(f"train/{other}/sea", f"train/{other}/wood", f"test/{other}/sea"))
    assert classes(found) == {"train": {"sea", "wood"}, "test": {"sea"}} and not found.warnings
    found = arranged(each("train/d/train/sea", "train/d/train/wood", "test/d/test/sea"))
    assert classes(found) == {"train": {"sea", "wood"}, "test": {"sea"}}
    found = arranged(each("train/a_train/sea", "train/a_train/wood", "val/a_val/sea", "val/a_val/wood"))
    assert classes(found) == {"train": {"sea", "wood"}, "val": {"sea", "wood"}}
    found = arranged(each(f"train/{other}/sea", "train/other/wood", "val/sea/old", "val/sea/new"))
    assert classes(found)["val"] == {"sea"}, "a class of training is no folder to be taken off"
    found = arranged(each("train/images/sea", "train/images/wood", "test/images"))
    assert classes(found) == {"train": {"sea", "wood"}}
    assert found.warnings == ("2 image files in no folder of a class are not read; the first is test/images/0.png",)


@pytest.mark.parametrize("above", ["", "data/", "train/"])
def test_pieces_of_a_data_set_are_no_classes(above: str) -> None:
    found = arranged(each(*(f"{above}x_part{k}/{c}" for k in (1, 2) for c in ("owl", "crow"))))
    assert classes(found) == {"train": {"owl", "crow"}} and not found.warnings
    assert classes(arranged(each("part1", "part2"))) == {"train": {"part1", "part2"}}


def test_several_folders_of_one_split() -> None:
    found = arranged(each("d/train_a/cat", "d/train_b/cat", "d/train_b/dog", "d/val/cat"))
    assert classes(found) == {"train": {"cat", "dog"}, "val": {"cat"}}


def test_folders_that_may_be_no_classes_are_told() -> None:
    found = arranged(each("mine/cat", "mine/dog", "yours/cat", "yours/dog"))
    assert classes(found) == {"train": {"mine", "yours"}}
    assert found.warnings == (
        "the folders mine, yours are the classes, and each has the folders cat, dog; if these are the classes, remove "
        "the folders above them",
    )
    (warning,) = arranged(each("a_train", "b_test")).warnings
    assert warning.startswith("the folders b_test are taken for classes, though their names look like those of splits")
    assert not arranged(each("cat/train", "cat/test", "dog/train", "dog/test")).warnings
    assert not arranged(each("cat/images", "dog/images")).warnings


@pytest.mark.parametrize("val", ["val", "valid", "Validation", "dev", "eval"])
def test_folders_to_validate_on(val: str) -> None:
    assert classes(arranged(each("train/a", "train/b", f"{val}/a"))) == {"train": {"a", "b"}, "val": {"a"}}


@pytest.mark.parametrize("other", ["running_shoe", "test_tube", "driving_test", "testbed"])
def test_classes_are_no_splits(other: str) -> None:
    found = arranged(each("training_shoe", "train_station", "express_train", other))
    assert classes(found) == {"train": {"training_shoe", "train_station", "express_train", other}}


def test_splits_below_the_classes() -> None:
    found = arranged(each("x/owl/train", "x/crow/Training", "x/owl/test", "x/crow/valid/more"))
    assert classes(found) == {"train": {"owl", "crow"}, "test": {"owl"}, "val": {"crow"}}
    assert classes(arranged(each("owl/train", "crow/old"))) == {"train": {"owl", "crow"}}


def test_a_file_above_the_classes_hides_no_root() -> None:
    found = arranged([*each("flowers/rose", "flowers/tulip"), "flowers/preview.png"])
    assert classes(found) == {"train": {"rose", "tulip"}}
    assert found.warnings == ("1 image files in no folder of a class are not read; the first is flowers/preview.png",)


def test_accents_are_written_in_two_ways() -> None:
    assert classes(arranged(each("train/caf\u00e9", "train/bar", "val/cafe\u0301")))["val"] == {"caf\u00e9"}


def test_what_is_in_no_split_is_told() -> None:
    names = each("seg_train/seg_train/sea", "seg_train/seg_train/wood", "seg_test/seg_test/sea", "seg_pred/seg_pred")
    found = arranged(names)
    assert classes(found) == {"train": {"sea", "wood"}, "test": {"sea"}}
    assert found.warnings == (
        "2 image files in no folder of a split are not read; the first is seg_pred/seg_pred/0.png",
    )


def test_what_is_in_no_class_is_told() -> None:
    found = arranged([*each("cat", "dog"), "a.png", "README.md", "notes/a.txt", "cat/x.xcf", "cat/y.XCF", "dog/z.xcf"])
    assert found.warnings == (
        "1 image files in no folder of a class are not read; the first is a.png",
        "3 files ending with .xcf under cat/ and 1 more folders are not read",
        "1 file ending with .md is not read",
        "1 file ending with .txt under notes/ is not read",
    )


def test_a_class_is_not_lost() -> None:
    with pytest.raises(
        DatasetInvalid,
        match=r"^here: no file of class 'lily' is read: there are 2 files ending with \.heic under lily/",
    ):
        arranged([*each("rose", "tulip"), "lily/1.heic", "lily/2.HEIC"])
    with pytest.raises(DatasetInvalid, match="no file of class 'lily' is read"):
        arranged([*each("f/train/rose", "f/train/tulip", "f/val/rose"), "f/train/lily/1.heic"])


def test_archives_are_no_classes() -> None:
    found = arranged(each(*(f"x/batch{k}.tar/{c}" for k in range(2) for c in ("owl", "crow"))))
    assert classes(found) == {"train": {"owl", "crow"}}


def test_pairs_need_no_folders() -> None:
    names = ["s/train-0.tar/0.png", "s/train-0.tar/0.cls", "s/train-1.tar/0.png", "s/train-1.tar/0.cls", "s/x.png"]
    found = arranged(names, {"s/train-0.tar/0.png": "owl", "s/train-1.tar/0.png": "crow"})
    assert classes(found) == {"train": {"owl", "crow"}}
    assert found.warnings == ("1 image files without a .cls file beside them are not read; the first is s/x.png",)
    found = arranged(["0.png", "0.cls", "1.png"], {"0.png": "owl"})
    assert found.splits == {"train": {"0.png": "owl"}}
    assert found.warnings == ("1 image files without a .cls file beside them are not read; the first is 1.png",)


def test_nothing_to_train_on_says_what_there_is() -> None:
    message = (
        r"^here: found no <class>/<image>\.png to train on; there are 40 files ending with \.heic, 1 file without an "
        "ending under a/$"
    )
    with pytest.raises(DatasetInvalid, match=message):
        arranged([*(f"{k}.heic" for k in range(40)), "a/LICENSE"])
    with pytest.raises(DatasetInvalid, match=r"there are 2 files ending with \.png under test/"):
        arranged(each("test/a"))
    with pytest.raises(DatasetInvalid, match=r"; call the folder with those to train on train$"):
        arranged(each("test/a"))
    with pytest.raises(DatasetInvalid, match="; put the image files of each class into a folder of its name, inside"):
        arranged(each("cat.zip", "dog.zip"))
    with pytest.raises(DatasetInvalid, match=r"; put a \.cls file with its class beside each$"):
        arranged(["1.png"], {})
    with pytest.raises(DatasetInvalid, match=r"there are no file$"):
        arranged([])
