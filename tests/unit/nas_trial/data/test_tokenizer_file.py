from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nas_model.preprocessing.published_tokenizer import PublishedTokenizer
from nas_trial.data.tokenizer_file import read
from nas_trial.errors import CandidateRejected

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "bad", "##ness", "!"]


def test_a_vocabulary_and_a_tokenizer_json_are_the_same(tmp_path: Path) -> None:
    vocabulary, file = tmp_path / "vocab.txt", tmp_path / "tokenizer.json"
    vocabulary.write_text("\n".join(VOCABULARY) + "\n")
    file.write_text(read(vocabulary, "v"))
    assert read(file, "t") == read(vocabulary, "v")
    tokens = PublishedTokenizer(read(file, "t"), length=6)(np.array(["Goodness!"], object))
    assert tokens.tolist() == [[2, 5, 7, 8, 3, 0]]


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
