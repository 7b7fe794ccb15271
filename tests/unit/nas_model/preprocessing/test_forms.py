from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nas_model.preprocessing.forms import (
    CategoricalForm,
    ClassesForm,
    ImageForm,
    NumbersForm,
    NumericForm,
    Preprocessing,
    SeriesForm,
    TextForm,
)
from nas_model.signature import ImageInput, SeriesInput, Signature, TableInput, TextInput
from nas_trial.data.prepared.columns import columns_of


@pytest.fixture
def everything() -> Preprocessing:
    return Preprocessing(
        task="multi-modal-classification",
        image=ImageForm(channels=1, height=2, width=2, type="uint8", mode="L", mean=(0.1 + 0.2,), deviation=(1 / 3,)),
        series=SeriesForm(channels=2, steps=3, mean=(1.0, 10.0), deviation=(2.0, 0.1)),
        text=TextForm(length=4, words=("buy", "now", "中")),
        numeric=NumericForm(columns=("a", "b"), mean=(1.7e9, 1e-30), deviation=(1 / 7, 3.0)),
        categorical=CategoricalForm(columns=("c",), categories=(("x", "y"),)),
        target=ClassesForm(kind="classes", names=("no", "yes")),
    )


PIECE: dict[str, Any] = {
    "image": np.arange(8, dtype=np.uint8).reshape(2, 1, 2, 2),
    "series": np.array([[[1, 2, np.nan], [10, 11, 12]], [[3, 5, 7], [10, 10, 10]]], np.float32),
    "text": np.array(["Buy now!", "中国"], object),
    "numeric": np.array([[1.7e9, np.nan], [1.7e9 + 1, 3.0]]),
    "categorical": np.array([[0], [-1]], np.int32),
}


def test_it_comes_back_from_its_file_and_makes_the_same(everything: Preprocessing) -> None:
    back = Preprocessing.model_validate_json(everything.model_dump_json(exclude_none=True, indent=1))
    assert back == everything
    one, other = (fitted.arrays(PIECE, (("y", "z"),)) for fitted in (everything, back))
    assert one.keys() == other.keys() == set(PIECE)
    for name, values in one.items():
        assert values.dtype == other[name].dtype
        np.testing.assert_array_equal(values, other[name])


def test_what_it_makes(everything: Preprocessing) -> None:
    made = everything.arrays(PIECE, (("y", "z"),))
    assert made["image"] is PIECE["image"]
    assert made["series"][0, 0].tolist() == [0, 0.5, 0] and made["series"][0, 1] == pytest.approx([0, 10, 20])
    assert made["text"].tolist() == [[2, 3, 1, 0], [4, 1, 0, 0]]
    assert made["numeric"][:, 0].tolist() == [0, 7] and made["numeric"].tolist()[0][1] == 0
    assert made["categorical"].tolist() == [[2], [0]]


def test_what_is_kept_is_what_the_columns_say(everything: Preprocessing) -> None:
    made = everything.arrays(PIECE, (("y", "z"),))
    columns = columns_of(everything)
    assert [column.name for column in columns] == list(made)
    assert [(column.type, column.shape) for column in columns] == [
        (values.dtype.name, values.shape[1:]) for values in made.values()
    ]


def test_the_signature_says_what_there_is(everything: Preprocessing) -> None:
    assert everything.signature == Signature(
        2, ImageInput(1, 2, 2), TextInput(5, 4), None, SeriesInput(2, 3), TableInput(2, (3,))
    )
    zeros = everything.signature.zeros()
    made = everything.arrays(PIECE, (("y", "z"),))
    assert {name: value.shape[1:] for name, value in made.items()} == {name: v.shape[1:] for name, v in zeros.items()}


def test_outputs_of_each_kind_of_target(everything: Preprocessing) -> None:
    assert everything.outputs == 2 and everything.classes == ("no", "yes")
    numbers = everything.model_copy(update={"target": NumbersForm(mean=(0.0, 1.0, 2.0), deviation=(1.0, 1.0, 1.0))})
    assert numbers.outputs == 3 and numbers.classes == ()


def test_a_later_version_is_refused(everything: Preprocessing) -> None:
    content = everything.model_dump_json().replace('"version":1', '"version":2')
    with pytest.raises(ValueError, match="version"):
        Preprocessing.model_validate_json(content)
