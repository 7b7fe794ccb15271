from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.support.held_files import HeldFiles
from tests.unit.nas_trial.data.test_audio import tone
from tests.unit.nas_trial.data.test_images import png

from nas_core.api.task import Task
from nas_trial.data import table_inputs
from nas_trial.data.raw import RawData
from nas_trial.errors import DatasetInvalid

ROWS = "age,town,member,target\n31,Rom,True,no\n,Oslo,False,yes\n50,,True,no\n"


def read(contents: dict[str, bytes | str], kind: str = "tabular-classification", **dataset: Any) -> RawData:
    task = Task.model_validate({"type": kind, "dataset": {"path": "/d", **dataset}})
    return table_inputs.read(HeldFiles(contents), "csv", task)


def names(data: RawData) -> list[list[str | None]]:
    """Return the categories of each row."""
    columns = [[*each, None] for each in data.categories]
    return [[columns[k][code] for k, code in enumerate(row)] for row in data.inputs["categorical"]]


def test_numbers_and_categories() -> None:
    data = read({"d.csv": ROWS})
    assert np.array_equal(data.inputs["numeric"], [[31], [np.nan], [50]], equal_nan=True)  # type: ignore[arg-type]
    assert names(data) == [["Rom", "True"], ["Oslo", "False"], [None, "True"]]
    assert (data.labels, data.targets.tolist()) == (("no", "yes"), [0, 1, 0])
    assert data.columns == {"numeric": ("age",), "categorical": ("town", "member")}


def test_codes_are_the_same_whether_or_not_a_value_is_missing() -> None:
    named = {"categorical": ["grade"]}
    whole = read({"d.csv": "grade,y\n1,0\n2,1\n"}, columns=named)
    gaps = read({"d.csv": "grade,y\n1,0\n,1\n2,1\n"}, columns=named)
    assert names(whole) == [["1"], ["2"]]
    assert names(gaps) == [["1"], [None], ["2"]]


@pytest.mark.parametrize(
    ("content", "columns", "message"),
    [
        ("a,y\n1,0\nten,1\n", {"numeric": ["a"]}, "column 'a', row 2: 'ten' is no finite number; 1 rows"),
        ("a,y\n1,0\ninf,1\n", {}, "column 'a', row 2: 'inf' is no finite number"),
        ("a,y\n" + "1,0\n" * 19 + "1O,1\n", {}, "column 'a', row 20: '1O' is no finite number"),
        ("a,split,y\n1,train,0\n2,rest,1\n", {}, "column 'split', row 2: 'rest' is none of train, val and test"),
    ],
)
def test_a_wrong_value_is_named_with_row_and_column(content: str, columns: dict[str, Any], message: str) -> None:
    with pytest.raises(DatasetInvalid, match=f"s3://b/m: {message}"):
        read({"d.csv": content}, columns=columns)


def test_the_splits_that_files_and_columns_give() -> None:
    apart = read({"train.csv": ROWS, "val.csv": ROWS, "test.csv": "age,town,member,target\nold,x,y,no\n"})
    assert apart.given is not None and apart.given.tolist() == ["train"] * 3 + ["val"] * 3
    assert apart.test is not None
    with pytest.raises(DatasetInvalid, match="column 'age', row 1: 'old'"):
        apart.test()
    column = read({"d.csv": "a,fold,y\n1,TRAIN,0\n2,validation,1\n3,test,1\n"}, splitColumn="fold")
    assert column.given is not None and column.given.tolist() == ["train", "val", "test"]


def test_a_test_file_without_a_column_of_the_training_is_told() -> None:
    data = read({"train.csv": ROWS, "test.csv": "age,target\n1,no\n"})
    assert data.test is not None
    with pytest.raises(DatasetInvalid, match=r"test.csv has no column 'town'; there are: age, target"):
        data.test()


@pytest.mark.parametrize("part", ["val", "test"])
def test_a_file_without_the_split_column_of_the_training_is_told(part: str) -> None:
    def read_all() -> None:
        data = read({"train.csv": "a,split,y\n1,train,0\n2,val,1\n", f"{part}.csv": "a,y\n1,0\n"})
        assert data.test is not None
        data.test()

    remedy = "give every table the columns of the training table"
    with pytest.raises(DatasetInvalid, match=f"{part}.csv has no column 'split'; there are: a, y; {remedy}"):
        read_all()


MANIFEST = "image,audio,text,price,y\ni/a.png,s/a.wav,a red car,5,0\ni/b.png,s/a.wav,,6,1\n"
MEDIA: dict[str, bytes | str] = {"i/a.png": png(), "i/b.png": png(), "s/a.wav": tone()}


def test_images_sounds_texts_and_numbers_of_one_table() -> None:
    options = {"audio": {"seconds": "0.1", "rate": 8000}}
    data = read({"d.csv": MANIFEST, **MEDIA}, "multi-modal-classification", **options)
    shapes = {name: values.shape for name, values in data.inputs.items()}
    assert shapes == {"image": (2, 1, 4, 6), "audio": (2, 800), "text": (2,), "numeric": (2, 1), "categorical": (2, 0)}
    assert data.inputs["text"].tolist() == ["a red car", ""]
    only = read({"d.csv": MANIFEST, **MEDIA}, "audio-classification", **options)
    assert list(only.inputs) == ["audio"]


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        ("image,y\ni/a.png,0\ni/c.png,1\n", "column 'image', row 2: there is no file 'i/c.png'; paths are relative"),
        ("image,y\ni/a.png,0\n,1\n", "column 'image', row 2: there is no path; 1 rows have none"),
    ],
)
def test_a_file_that_is_not_there_is_named(manifest: str, message: str) -> None:
    with pytest.raises(DatasetInvalid, match=f"s3://b/m: {message}"):
        read({"d.csv": manifest, **MEDIA}, "image-classification")
