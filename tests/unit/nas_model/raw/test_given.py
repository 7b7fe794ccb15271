from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import soundfile
from PIL import Image

from nas_model.errors import InputInvalid
from nas_model.preprocessing.forms import (
    AudioForm,
    CategoricalForm,
    ClassesForm,
    ImageForm,
    NumericForm,
    Preprocessing,
    SeriesForm,
    TextForm,
)
from nas_model.raw.given import inputs_of, read

TARGET = ClassesForm(kind="classes", names=("no", "yes"))


def model_of(**forms: Any) -> Preprocessing:
    return Preprocessing(task="multi-modal-classification", target=TARGET, **forms)


IMAGE = ImageForm(
    column="picture", channels=3, height=4, width=6, type="uint8", mode="RGB", mean=(0.0,) * 3, deviation=(1.0,) * 3
)
AUDIO = AudioForm(rate=8000, samples=100)
SERIES = SeriesForm(channels=2, steps=5, mean=(0.0, 0.0), deviation=(1.0, 1.0))
TEXT = TextForm(column="words", length=4)
NUMERIC = NumericForm(columns=("a", "b"), mean=(0.0, 0.0), deviation=(1.0, 1.0))
FLAGS = CategoricalForm(columns=("member", "city"), categories=(("False", "True"), ("1", "Ulm")))


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    (tmp_path / "deep").mkdir()
    for place, name in enumerate(("b.png", "deep/a.png", "a.png")):
        Image.new("RGB", (6, 4), (place, 0, 0)).save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no picture")
    return tmp_path


def piece(given: Any, model: Preprocessing, folder: Path | None = None) -> dict[str, Any]:
    part = read(given, folder, model)
    return dict(part.read(0, part.rows))


def test_a_folder_of_images_in_the_order_of_paths(pictures: Path) -> None:
    part = read(str(pictures), None, model_of(image=IMAGE))
    assert [Path(name).relative_to(pictures).as_posix() for name in part.names] == ["a.png", "b.png", "deep/a.png"]
    assert part.read(1, 3)["image"][:, 0, 0, 0].tolist() == [0, 1]


def test_images_by_path_and_in_arrays(pictures: Path) -> None:
    model = model_of(image=IMAGE)
    one = piece(["b.png", "a.png"], model, pictures)["image"]
    assert one.shape == (2, 3, 4, 6) and one[:, 0, 0, 0].tolist() == [0, 2]
    np.testing.assert_array_equal(piece(pictures / "a.png", model)["image"], one[1:])
    np.testing.assert_array_equal(piece(np.moveaxis(one, 1, -1), model)["image"], one)
    np.testing.assert_array_equal(piece(one, model)["image"], one)


def test_a_folder_of_sounds(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.full(200, 0.5), 8000)
    assert piece(tmp_path, model_of(audio=AUDIO))["audio"].shape == (1, 100)


def test_texts_however_they_are_listed() -> None:
    model = model_of(text=TEXT)
    for given in (["a", None], ("a", None), np.array(["a", None], object), pd.Series(["a", None], dtype=object)):
        assert piece(given, model)["text"].tolist() == ["a", ""]
    assert piece({"words": ["a", ""]}, model)["text"].tolist() == ["a", ""]


def test_values_of_a_table_mean_what_they_meant_in_training() -> None:
    model = model_of(numeric=NUMERIC, categorical=FLAGS)
    table = {"a": ["1.5", "NA"], "b": [True, False], "member": ["TRUE", "maybe"], "city": [1.0, "Ulm"], "more": [0, 0]}
    part = read(table, None, model)
    made = model.arrays(part.read(0, 2), part.categories)
    assert made["numeric"].tolist() == [[1.5, 1], [0, 0]]
    assert made["categorical"].tolist() == [[2, 1], [0, 2]]


def test_several_inputs_from_one_table_or_each_by_its_name(pictures: Path) -> None:
    model = model_of(image=IMAGE, text=TEXT, numeric=NUMERIC)
    assert inputs_of(model) == ["text", "image", "table"]
    frame = pd.DataFrame({"picture": ["a.png"], "words": ["hi"], "a": [1], "b": [2.5]})
    apart = {"image": ["a.png"], "text": ["hi"], "table": frame[["a", "b"]]}
    one, other = piece(frame, model, pictures), piece(apart, model, pictures)
    assert one.keys() == other.keys() == {"image", "text", "numeric", "categorical"}
    for name in one:
        np.testing.assert_array_equal(one[name], other[name])


@pytest.mark.parametrize(
    ("forms", "given", "message"),
    [
        ({"image": IMAGE}, np.zeros((2, 3, 4, 6)), "type float64; this model takes bytes"),
        ({"image": IMAGE}, np.zeros((2, 3, 5, 6), np.uint8), r"shape \(2, 3, 5, 6\) .* takes \(N, 3, 4, 6\)"),
        ({"image": IMAGE}, ["none.png"], "none.png: cannot be read: No such file"),
        ({"image": IMAGE}, [], "image: there are no examples"),
        ({"audio": AUDIO}, np.zeros((2, 3, 4)), r"takes \(N, T\), numbers, mono at 8000"),
        ({"series": SERIES}, np.zeros((2, 5)), r"takes \(N, 2, 5\)"),
        ({"series": SERIES}, pd.DataFrame({"a": [1]}), "not trained on a table; give an array of series"),
        ({"text": TEXT}, "hello", "give a list of texts"),
        ({"text": TEXT}, ["a", 3], "text: example 1 is of type int"),
        ({"text": TEXT}, {"other": ["a"]}, "the table has no column 'words'; it has: other"),
        ({"text": TEXT.model_copy(update={"column": None})}, {"other": ["a"]}, "give its text inputs themselves"),
        ({"numeric": NUMERIC}, np.zeros((2, 3)), r"takes \(N, 2\), numbers: a, b"),
        ({"numeric": NUMERIC}, {"a": [1, float("inf")], "b": [1, 1]}, "column 'a', row 1: 'inf' is no finite number"),
        ({"numeric": NUMERIC}, {"a": [1], "b": [[1, 2]]}, "column 'b': holds values of type list"),
        ({"image": IMAGE, "text": TEXT}, ["a"], "this model takes text, image; give a table, or a mapping"),
        ({"image": IMAGE, "text": TEXT}, {"text": ["a"]}, "the input 'image' is missing"),
    ],
)
def test_what_does_not_fit_is_told(forms: dict[str, Any], given: Any, message: str) -> None:
    with pytest.raises(InputInvalid, match=message):
        piece(given, model_of(**forms))


def test_rows_of_json_need_not_have_all_columns(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text('{"a": 1, "b": 2}\n{"b": "3", "c": []}\n')
    made = piece(file, model_of(numeric=NUMERIC))["numeric"]
    np.testing.assert_array_equal(made, [[1, 2], [np.nan, 3]])
    with pytest.raises(InputInvalid, match=r"a.jsonl: has no column 'words'"):
        piece(file, model_of(text=TEXT))


def test_paths_in_a_table_begin_beside_its_file(pictures: Path) -> None:
    (pictures / "a.csv").write_text("picture\na.png\ndeep/a.png\n")
    assert piece(pictures / "a.csv", model_of(image=IMAGE))["image"][:, 0, 0, 0].tolist() == [2, 1]


def test_as_many_examples_of_each_input(pictures: Path) -> None:
    with pytest.raises(InputInvalid, match="not as many examples of each input: 2 of text, 1 of image"):
        piece({"text": ["a", "b"], "image": ["a.png"]}, model_of(image=IMAGE, text=TEXT), pictures)


def test_a_folder_without_files_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputInvalid, match=r"there is no image file in it, such as .png"):
        piece(tmp_path, model_of(image=IMAGE))
