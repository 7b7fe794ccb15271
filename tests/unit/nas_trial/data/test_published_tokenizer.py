from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from nas_trial.data.published_tokenizer import PublishedTokenizer, read
from nas_trial.errors import CandidateRejected

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "bad", "##ness", "!"]


def texts(*given: str) -> np.ndarray:
    return np.array(given, object)


@pytest.fixture
def vocabulary(tmp_path: Path) -> Path:
    file = tmp_path / "vocab.txt"
    file.write_text("\n".join(VOCABULARY) + "\n")
    return file


def test_the_words_of_a_bert(vocabulary: Path) -> None:
    tokenizer = PublishedTokenizer(read(vocabulary, "v"), length=6)
    assert tokenizer.size == len(VOCABULARY)
    tokens = tokenizer(texts("Goodness!", "strange", "", "good bad good bad good"))
    assert tokens.dtype == np.int32
    assert tokens.tolist() == [[2, 5, 7, 8, 3, 0], [2, 1, 3, 0, 0, 0], [2, 3, 0, 0, 0, 0], [2, 5, 6, 5, 6, 3]]


def test_a_tokenizer_json_is_the_same(vocabulary: Path, tmp_path: Path) -> None:
    file = tmp_path / "tokenizer.json"
    file.write_text(read(vocabulary, "v"))
    assert read(file, "t") == read(vocabulary, "v")


def test_a_text_without_a_token_has_an_unknown_one(vocabulary: Path) -> None:
    bare = json.dumps(json.loads(read(vocabulary, "v")) | {"post_processor": None})
    assert PublishedTokenizer(bare, length=3)(texts("")).tolist() == [[1, 0, 0]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{}", "task.dataset.text.tokenizer t: cannot be read as tokenizer.json or vocab.txt"),
        (
            "\n".join(["[UNK]", "[PAD]", "[CLS]", "[SEP]"]),
            r"its padding \[PAD\] is token 1; networks here take token 0",
        ),
    ],
)
def test_what_does_not_do(tmp_path: Path, content: str, message: str) -> None:
    file = tmp_path / "tokenizer.json"
    file.write_text(content)
    with pytest.raises(CandidateRejected, match=message):
        read(file, "t")
