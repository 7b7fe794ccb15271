from __future__ import annotations

import numpy as np
import pytest

from nas_model.predictions import Predictions
from nas_model.preprocessing.forms import ClassesForm, NumbersForm


def of(outputs: list[list[float]], target: ClassesForm | NumbersForm) -> Predictions:
    return Predictions(np.array(outputs, np.float32), target)


def test_classes_have_probabilities_that_add_up_to_one() -> None:
    found = of([[0, np.log(3)], [1000, -1000]], ClassesForm(kind="classes", names=("no", "yes")))
    assert found.labels == ["yes", "no"] and len(found) == 2
    np.testing.assert_allclose(found.probabilities, [[0.25, 0.75], [1.0, 0.0]], atol=1e-7)
    assert found.columns()["label"] == ["yes", "no"] and found.columns()["probability_no"][1] == 1


def test_of_several_labels_each_has_a_probability() -> None:
    found = of([[0.1, 3], [-1, -1000]], ClassesForm(kind="labels", names=("a", "b")))
    assert found.labels == [["a", "b"], []]
    np.testing.assert_allclose(found.probabilities[:, 1], [1 / (1 + np.exp(-3)), 0], atol=1e-7)
    assert found.columns()["label"] == ["a, b", ""]


def test_numbers_are_in_the_unit_of_the_target() -> None:
    one = of([[0.5], [-1]], NumbersForm(columns=("price",), mean=(100.0,), deviation=(10.0,)))
    assert one.numbers.tolist() == [105, 90] and one.columns() == {"prediction": [105, 90]}
    two = of([[1, 2]], NumbersForm(columns=("x", "y"), mean=(0.0, 5.0), deviation=(1.0, 2.0)))
    assert two.numbers.tolist() == [[1, 9]] and two.columns() == {"x": [1], "y": [9]}


def test_what_a_model_does_not_have_is_told() -> None:
    numbers = of([[0.5]], NumbersForm(mean=(0.0,), deviation=(1.0,)))
    for name in ("labels", "probabilities"):
        with pytest.raises(AttributeError, match=f"{name} are of a classification; this model has numbers"):
            getattr(numbers, name)
    with pytest.raises(AttributeError, match="this model has labels and probabilities"):
        _ = of([[0, 1]], ClassesForm(kind="classes", names=("a", "b"))).numbers
