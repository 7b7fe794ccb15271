from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nas_model.preprocessing.tokens import Tokenizer
from nas_trial.data import vocabulary as module
from nas_trial.data.vocabulary import Vocabulary


def objects(values: list[Any]) -> np.ndarray:
    return np.array(values, object)


def fitted(texts: list[str], size: int, length: int = 128) -> Tokenizer:
    vocabulary = Vocabulary(length)
    vocabulary.add(objects(texts))
    return vocabulary.tokenizer(size)


def test_words_become_tokens_the_most_frequent_first() -> None:
    found = fitted(["Buy now, buy!", "now or later", "Buy cheap pills today and more"], size=8, length=4)
    assert found.words == ("buy", "now", ",", "cheap", "later", "or"), "of what the first four tokens hold"
    rows = found(objects(["BUY now", "or unheard later now buy", "", "  "]))
    assert rows[0].tolist() == [2, 3, 0, 0]
    assert rows[1, 1] == 1 and rows[1].all(), "cut to four, with an unknown word"
    assert rows[2].tolist() == rows[3].tolist() == [1, 0, 0, 0]


def test_the_vocabulary_does_not_depend_on_the_order_of_the_texts() -> None:
    texts = [f"word{i} word{i + 1} same" for i in range(30)]
    assert fitted(texts, 12).words == fitted(texts[::-1], 12).words


def test_the_rarest_words_are_forgotten_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_WORDS", 4)
    vocabulary = Vocabulary(10)
    vocabulary.add(objects(["a a a b b c d e"]))
    assert vocabulary.tokenizer(100).words == ("a", "b")
