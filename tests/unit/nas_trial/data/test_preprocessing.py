from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from sklearn.datasets import load_breast_cancer

from nas_core.api.task import Task, TextOptions
from nas_trial.data.preprocessing import CategoryCodes, Standardiser, Tokenizer, fit
from nas_trial.data.raw import in_memory, table
from nas_trial.data_signature import SeriesInput, TableInput, TextInput

TASK = Task.model_validate({"dataset": {"path": "/d", "text": {"vocabulary": 8, "length": 4}}})


def objects(values: list[Any]) -> np.ndarray:
    return np.array(values, object)


def test_numbers_are_standardised_over_the_training_rows() -> None:
    x, y = load_breast_cancer(return_X_y=True)
    train, val = np.arange(400), np.arange(400, 569)
    fitted = fit(in_memory(table(x), y, "here"), train, TASK, 2)
    found = fitted.inputs(in_memory(table(x), y, "here"), train)["numeric"]
    assert found.dtype == torch.float32
    np.testing.assert_allclose(found.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(found.std(0, correction=0), 1, atol=1e-4)
    other = fitted.inputs(in_memory(table(x), y, "here"), val)["numeric"]
    expected = (x[val] - x[train].mean(0)) / x[train].std(0)
    np.testing.assert_allclose(other, expected, rtol=1e-3, atol=1e-4)


def test_missing_and_constant_numbers_are_no_harm() -> None:
    scale = Standardiser.fit(np.array([[1, 7, np.nan], [3, 7, np.nan], [np.nan, 7, np.nan]]), axes=(0,))
    found = scale(np.array([[1, 7, 5.0], [np.nan, 8, np.nan]]))
    assert found.tolist() == [[-1, 0, 5], [0, 1, 0]]


def test_large_numbers_keep_their_differences() -> None:
    seconds = 1.7e9 + np.arange(5.0)[:, None]
    assert Standardiser.fit(seconds, axes=(0,))(seconds)[:, 0] == pytest.approx((np.arange(5) - 2) / np.sqrt(2))


@pytest.mark.parametrize("start", [0.0, 1e7])
def test_images_of_large_numbers_are_scaled_as_small_ones(start: float) -> None:
    images = (start + np.arange(2048 * 2 * 2).reshape(2048, 1, 2, 2) % 5).astype(np.float32)
    fitted = fit(in_memory({"image": images}, np.zeros(2048), "here"), np.arange(2048), TASK, 2)
    mean, deviation = fitted.scales["image"]
    values = np.float64(images)
    assert mean.shape == deviation.shape == (1, 1, 1, 1)
    assert float(mean) == pytest.approx(values.mean(), rel=1e-7)
    assert float(deviation) == pytest.approx(values.std(), rel=1e-7)


def test_the_scales_of_bytes_are_exact() -> None:
    images = np.random.default_rng(3).integers(0, 256, (1500, 3, 4, 4), np.uint8)
    fitted = fit(in_memory({"image": images}, np.zeros(1500), "here"), np.arange(1500), TASK, 2)
    mean, deviation = fitted.scales["image"]
    for channel in range(3):
        whole = [int(value) for value in images[:, channel].flat]
        expected = sum(whole) / len(whole)
        assert float(mean[0, channel]) == np.float32(expected)
        squares = sum(value * value for value in whole) / len(whole)
        assert float(deviation[0, channel]) == np.float32(np.sqrt(squares - expected * expected))


def test_categories_that_training_did_not_have_are_0() -> None:
    codes = CategoryCodes.fit(np.array([[0, 0], [1, -1], [0, 0]], np.int32), (("b", "a", "never"), ("x",)))
    others = np.array([[0, 1], [1, -1], [2, 0]], np.int32)
    assert codes.encode(others, (("a", "b", "c"), ("y", "x"))).tolist() == [[1, 1], [2, 0], [0, 0]]


def test_words_become_tokens_the_most_frequent_first() -> None:
    texts = objects(["Buy now, buy!", "now or later", "Buy cheap pills today and more"])
    tokens = Tokenizer.fit(texts, TextOptions(vocabulary=8, length=4))
    assert list(tokens.codes) == ["buy", "now", ",", "cheap", "later", "or"], "of what the first four tokens hold"
    found = tokens(objects(["BUY now", "or unheard later now buy", "", "  "]))
    assert found[0].tolist() == [2, 3, 0, 0]
    assert found[1, 1] == 1 and found[1].all(), "cut to four, with an unknown word"
    assert found[2].tolist() == found[3].tolist() == [1, 0, 0, 0]


def test_the_vocabulary_does_not_depend_on_the_order_of_the_texts() -> None:
    texts = [f"word{i} word{i + 1} same" for i in range(30)]
    one, other = (Tokenizer.fit(objects(t), TextOptions(vocabulary=12)) for t in (texts, texts[::-1]))
    assert one.codes == other.codes


def test_the_signature_says_what_there_is() -> None:
    inputs: dict[str, Any] = table(np.zeros((3, 2)))
    inputs |= {"categorical": np.array([[0], [1], [0]], np.int32), "text": objects(["x y", "x", "z"])}
    inputs["series"] = np.zeros((3, 2, 5), np.float32)
    data = in_memory(inputs, np.zeros(3), "here", categories=(("a", "b"),))
    fitted = fit(data, np.array([0, 1]), TASK, 7)
    assert fitted.signature.outputs == 7
    assert fitted.signature.table == TableInput(2, (3,))
    assert fitted.signature.text == TextInput(vocabulary=4, length=4)
    assert fitted.signature.series == SeriesInput(2, 5)
    made = fitted.inputs(data, np.array([2]))
    zeros = fitted.signature.zeros()
    assert {name: value.shape for name, value in made.items()} == {name: value.shape for name, value in zeros.items()}


def test_gaps_of_series_become_the_mean() -> None:
    series = np.array([[[1, 3, np.nan]], [[5, 7, np.nan]]], np.float32)
    found = Standardiser.fit(series, axes=(0, 2))(series)
    assert found[:, 0, 2].tolist() == [0, 0]
    assert found[..., :2].mean() == pytest.approx(0, abs=1e-6)
    assert found[..., :2].std() == pytest.approx(1, abs=1e-6)
