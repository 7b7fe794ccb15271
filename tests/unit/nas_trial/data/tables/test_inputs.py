from __future__ import annotations

import gzip
import io
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.support.held_files import HeldFiles
from tests.unit.nas_trial.data.test_audio import tone
from tests.unit.nas_trial.data.test_images import deep_png, png

from nas_core.api.task import Task
from nas_model.tables.table_file import BATCH_ROWS
from nas_trial.data.raw import RawData
from nas_trial.data.tables import inputs
from nas_trial.data.targets import class_names, classes
from nas_trial.errors import DatasetInvalid

CLASSIFICATION = Task.model_validate({"type": "tabular-classification", "dataset": {"path": "/d"}})
ROWS = "age,town,member,target\n31,Rom,True,no\n,Oslo,False,yes\n50,,True,no\n"


def read(
    contents: dict[str, bytes | str], kind: str = "tabular-classification", form: str = "csv", **dataset: Any
) -> RawData:
    several = {"multiLabel": dataset.pop("multiLabel", False)}
    task = Task.model_validate({"type": kind, "dataset": {"path": "/d", **dataset}, **several})
    return inputs.read(HeldFiles(contents), form, task)


def names(data: RawData) -> list[list[str | None]]:
    """Return the categories of each row."""
    columns = [[*each, None] for each in data.categories]
    return [[columns[k][code] for k, code in enumerate(row)] for row in data.inputs["categorical"]]


def test_numbers_and_categories() -> None:
    data = read({"d.csv": ROWS})
    assert np.array_equal(data.inputs["numeric"], [[31], [np.nan], [50]], equal_nan=True)  # type: ignore[arg-type]
    assert names(data) == [["Rom", "True"], ["Oslo", "False"], [None, "True"]]
    assert (data.labels, data.targets.tolist()) == (("no", "yes"), [0, 1, 0])
    assert data.columns == {"numeric": ("age",), "categorical": ("town", "member"), "target": ("target",)}


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


def as_parquet(frame: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.to_parquet(buffer)
    return buffer.getvalue()


def test_every_form_holds_the_same() -> None:
    frame = pd.DataFrame(
        {
            "age": [31, None, 50, 7],
            "town": ["Rom", "NA", None, "None"],
            "member": [True, None, False, True],
            "target": [1, 0, 1, 0],
        }
    ).astype({"member": "boolean"})
    texts = frame.to_csv(index=False)
    forms: dict[str, tuple[str, bytes | str]] = {
        "d.csv": ("csv", texts),
        "d.tsv": ("csv", texts.replace(",", "\t")),
        "d.csv.gz": ("csv", gzip.compress(texts.encode(), mtime=0)),
        "d.parquet": ("parquet", as_parquet(frame)),
        "d.jsonl": ("jsonl", frame.to_json(orient="records", lines=True)),
    }
    for name, (form, content) in forms.items():
        data = read({name: content}, form=form)
        assert np.array_equal(data.inputs["numeric"][:, 0], [31, np.nan, 50, 7], equal_nan=True), name
        assert names(data) == [["Rom", "True"], ["NA", None], [None, "False"], ["None", "True"]], name
        assert (data.labels, data.targets.tolist()) == (("1", "0"), [0, 1, 0, 1]), name
        assert data.row(1) == "row 2"


def test_inputs_come_in_pieces_and_again() -> None:
    rows = BATCH_ROWS + 5
    data = read({"d.csv": "x,c,y\n" + "".join(f"{i * 3},{'ab'[i % 2]},{i % 2}\n" for i in range(rows))})
    for _ in range(2):
        pieces = list(data.read())
        assert [len(piece["numeric"]) for piece in pieces] == [BATCH_ROWS, 5]
        assert pieces[1]["numeric"][:, 0].tolist() == [3 * i for i in range(BATCH_ROWS, rows)]
    assert len(data) == rows and data.targets.dtype == np.int32


def test_labels_are_compared_by_their_names() -> None:
    data = read({"train.csv": "x,y\n1,0\n2,1\n", "val.csv": "x,y\n3,1.0\n4,?\n5,True\n"})
    assert class_names(data, CLASSIFICATION) == ("0", "1")
    with pytest.raises(DatasetInvalid, match=r"row 2 of val is of class '\?', which no training example has"):
        classes(data, ("0", "1"))


def test_true_and_false_of_a_later_table_are_named_as_in_the_training() -> None:
    data = read({"train.csv": "x,b,y\n1,true,TRUE\n2,false,false\n", "val.csv": "x,b,y\n3,FALSE,True\n4,?,False\n"})
    assert data.labels == ("True", "False") and data.targets.tolist() == [0, 1, 0, 1]
    assert names(data) == [["True"], ["False"], ["False"], ["?"]]


def test_groups_times_and_several_targets_are_no_inputs() -> None:
    rows = "x,p,a,b\n1,u,1.5,2\n5,v,3,4\n4,u,1,1\n"
    data = read({"d.csv": rows}, "regression", targets=["a", "b"], group="p")
    assert data.columns == {"numeric": ("x",), "categorical": (), "target": ("a", "b")}
    assert data.targets.tolist() == [[1.5, 2], [3, 4], [1, 1]] and data.groups is not None
    timed = read({"d.csv": rows.replace("p", "a2")}, "regression", target="b", time="a")
    assert timed.times is not None and timed.times.tolist() == [1.5, 3, 1]
    several = read({"d.csv": "x,a,b\n1,true,0\n5,false,1\n"}, targets=["a", "b"], multiLabel=True)
    assert several.targets.tolist() == [[1, 0], [0, 1]]


def test_what_is_odd_is_told() -> None:
    rows = [f"{i},{'n/a' if i == 7 else 1.5 * i},{'ab'[i % 2]},{i % 2}" for i in range(40)]
    data = read({"train.csv": "\n".join(["Unnamed: 0,x,same,y", *rows]), "notes.csv": "a\n"})
    assert [warning.split(";")[0] for warning in data.warnings] == [
        "notes.csv: not read, for the name tells no split (train, val, test), as those of other files do",
        "column 'Unnamed: 0' is left out: it is the index of a data frame",
        "words such as 'n/a' (row 8) stand for no value in columns of numbers: 'x' (1 rows)",
        "column 'same' alone gives the target away: each of its values comes with one class",
    ]


@pytest.mark.parametrize(
    ("name", "form", "content", "message"),
    [
        ("d.csv", "csv", "a,y\n", r"d\.csv has no rows"),
        ("d.jsonl", "jsonl", "\n", r"d\.jsonl is empty"),
        ("d.parquet", "parquet", as_parquet(pd.DataFrame({"a": [1], "y": [0]})[:0]), r"d\.parquet has no rows"),
    ],
)
def test_a_table_without_rows_is_refused(name: str, form: str, content: bytes | str, message: str) -> None:
    with pytest.raises(DatasetInvalid, match=message):
        read({name: content}, form=form)


def test_more_categories_than_can_be_kept_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nas_trial.data.tables.profile.MOST_NAMES", 3)
    rows = "x,user,y\n" + "".join(f"{i % 3},u{i},{i % 2}\n" for i in range(10))
    with pytest.raises(DatasetInvalid, match=r"column 'user' holds more than .* different values, which are no categ"):
        read({"d.csv": rows}, columns={"categorical": ["user"]})


MANIFEST = "image,audio,text,price,y\ni/a.png,s/a.wav,a red car,5,0\ni/b.png,s/a.wav,,6,1\n"
MEDIA: dict[str, bytes | str] = {"i/a.png": png(), "i/b.png": png(), "s/a.wav": tone()}


def test_images_of_16_bits_in_a_table() -> None:
    contents: dict[str, bytes | str] = {
        "d.csv": "image,y\na.png,0\nb.png,1\n",
        "a.png": deep_png(4095),
        "b.png": deep_png(40),
    }
    data = read(contents, "image-classification")
    assert data.bits == 12 and data.inputs["image"].max() == 255


def test_images_sounds_texts_and_numbers_of_one_table() -> None:
    options: dict[str, Any] = {"audio": {"seconds": "0.1", "rate": 8000}}
    data = read({"d.csv": MANIFEST, **MEDIA}, "multi-modal-classification", **options)
    shapes = {name: values.shape for name, values in data.inputs.items()}
    assert shapes == {"image": (2, 1, 4, 6), "audio": (2, 800), "text": (2,), "numeric": (2, 1), "categorical": (2, 0)}
    assert data.inputs["text"].tolist() == ["a red car", ""]
    only = read({"d.csv": MANIFEST, **MEDIA}, "audio-classification", **options)
    assert list(only.inputs) == ["audio"]


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        ("image,y\ni/a.png,0\ni/c.png,1\n", "column 'image', row 2: there is no file 'i/c.png' in the data; paths"),
        ("image,y\ni/a.png,0\n../a.png,1\n", "column 'image', row 2: there is no file '../a.png' in the data; paths"),
        ("image,y\n/etc/passwd,0\ni/a.png,1\n", "column 'image', row 1: there is no file '/etc/passwd' in the data"),
        ("image,y\ni/a.png,0\n,1\n", "column 'image', row 2: there is no path; 1 rows have none"),
    ],
)
def test_a_file_that_is_not_there_is_named(manifest: str, message: str) -> None:
    with pytest.raises(DatasetInvalid, match=f"s3://b/m: {message}"):
        read({"d.csv": manifest, **MEDIA}, "image-classification")
