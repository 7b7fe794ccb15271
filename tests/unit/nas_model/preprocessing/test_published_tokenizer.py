from __future__ import annotations

import json

import numpy as np
import pytest
from tokenizers import BertWordPieceTokenizer

from nas_model.preprocessing.published_tokenizer import PublishedTokenizer

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "bad", "##ness", "!"]


def texts(*given: str) -> np.ndarray:
    return np.array(given, object)


@pytest.fixture
def definition() -> str:
    vocabulary = {word: number for number, word in enumerate(VOCABULARY)}
    made: str = BertWordPieceTokenizer(vocabulary, lowercase=True).to_str()
    return made


def test_the_words_of_a_bert(definition: str) -> None:
    tokenizer = PublishedTokenizer(definition, length=6)
    assert tokenizer.size == len(VOCABULARY)
    tokens = tokenizer(texts("Goodness!", "strange", "", "good bad good bad good"))
    assert tokens.dtype == np.int32
    assert tokens.tolist() == [[2, 5, 7, 8, 3, 0], [2, 1, 3, 0, 0, 0], [2, 3, 0, 0, 0, 0], [2, 5, 6, 5, 6, 3]]


def test_a_text_without_a_token_has_an_unknown_one(definition: str) -> None:
    bare = json.dumps(json.loads(definition) | {"post_processor": None})
    assert PublishedTokenizer(bare, length=3)(texts("")).tolist() == [[1, 0, 0]]
