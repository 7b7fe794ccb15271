from __future__ import annotations

import numpy as np
import pytest

from nas_model.preprocessing.forms import ClassesForm, NumbersForm
from nas_trial.card.quality import ClassesQuality, ClassRow, NumbersQuality, quality_of

ANIMALS = ClassesForm(kind="classes", names=("cat", "dog"))


def test_classes_are_told_apart_by_what_is_found_and_what_is_right() -> None:
    outputs = np.array([[2, 0], [0, 2], [0, 1], [0, 3]], np.float32)
    quality = quality_of(outputs, np.array([0, 0, 1, 1]), ANIMALS)
    assert isinstance(quality, ClassesQuality)
    assert quality.confusion is not None and quality.confusion.tolist() == [[1, 1], [0, 2]]
    assert [(row.name, row.examples) for row in quality.rows] == [("cat", 2), ("dog", 2)]
    assert [row.precision for row in quality.rows] == pytest.approx([1, 2 / 3])
    assert [row.recall for row in quality.rows] == [0.5, 1]
    assert [row.f1 for row in quality.rows] == pytest.approx([2 / 3, 0.8])


def test_a_class_that_is_never_there_or_never_predicted_counts_as_nothing() -> None:
    quality = quality_of(np.array([[1, 0], [1, 0]], np.float32), np.array([0, 0]), ANIMALS)
    assert isinstance(quality, ClassesQuality)
    assert quality.rows[1] == ClassRow("dog", 0, 0.0, 0.0, 0.0)


def test_confidence_is_compared_with_what_is_right_in_ranges() -> None:
    sure, unsure = np.log(0.99 / 0.01), np.log(0.6 / 0.4)
    outputs = np.array([[sure, 0]] * 4 + [[unsure, 0]] * 4, np.float32)
    found = quality_of(outputs, np.array([0, 0, 0, 0, 0, 0, 1, 1]), ANIMALS)
    assert isinstance(found, ClassesQuality)
    reliability = found.reliability
    assert reliability.confidence == pytest.approx([0.6, 0.99]) and reliability.right == pytest.approx([0.5, 1.0])
    assert reliability.error == pytest.approx((0.1 + 0.01) / 2)


def test_labels_have_rows_but_nothing_is_confused() -> None:
    form = ClassesForm(kind="labels", names=("ads", "work"))
    outputs = np.array([[1, 1], [1, -1], [-1, -1]], np.float32)
    quality = quality_of(outputs, np.array([[1, 0], [1, 0], [1, 1]]), form)
    assert isinstance(quality, ClassesQuality) and quality.confusion is None
    assert [(row.examples, row.precision) for row in quality.rows] == [(3, 1.0), (1, 0.0)]
    assert quality.rows[0].recall == pytest.approx(2 / 3)


def test_errors_of_numbers_are_in_the_unit_of_the_target() -> None:
    form = NumbersForm(columns=("price",), mean=(100.0,), deviation=(10.0,))
    # Predicted: 100, 110, 120; true: 101, 110, 117.
    quality = quality_of(np.array([[0], [1], [2]], np.float32), np.array([101.0, 110.0, 117.0]), form)
    assert isinstance(quality, NumbersQuality)
    [row] = quality.rows
    found = (row.bias, row.mae, row.rmse, row.half_within, row.most_within)
    assert row.name == "price" and found == pytest.approx((2 / 3, 4 / 3, (10 / 3) ** 0.5, 1, 2.6))
    assert quality.predicted.tolist() == [[100], [110], [120]]
