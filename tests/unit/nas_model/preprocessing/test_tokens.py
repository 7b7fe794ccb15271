from __future__ import annotations

import re
import sys
import unicodedata

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer

from nas_model.preprocessing import tokens
from nas_model.preprocessing.tokens import Tokenizer, split


def test_words_that_are_not_known_and_texts_without_words() -> None:
    tokenizer = Tokenizer(("buy", "now", "later", "or"), length=4)
    rows = tokenizer(np.array(["BUY now", "or unheard later now buy", "", "  "], object))
    assert rows[0].tolist() == [2, 3, 0, 0]
    assert rows[1].tolist() == [5, 1, 4, 3], "cut to four, with an unknown word"
    assert rows[2].tolist() == rows[3].tolist() == [1, 0, 0, 0]


@pytest.mark.parametrize(
    "text",
    [
        "It's 3.14 e-mails, isn't it?  Ümläut_under score…",
        "Привет, мир! Ελληνικά: καλημέρα; שלום עולם",
        "안녕하세요 세계! naïve café №5 x²",
        "",
    ],
)
def test_scripts_with_spaces_are_split_as_scikit_learn_splits_them(text: str) -> None:
    analyze = CountVectorizer(token_pattern=r"(?u)\w+|[^\w\s]").build_analyzer()
    assert list(split(text, 100)) == analyze(text)


@pytest.mark.parametrize(
    "text", ["机器学习很好", "ありがとう", "ドキュメント", "สวัสดี", "ສະບາຍດີ", "ជំរាបសួរ", "မင်္ဂလာပါ", "𠀀𠀁"]
)
def test_scripts_without_spaces_are_split_into_characters(text: str) -> None:
    assert list(split(text, 100)) == list(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("हिन्दी में टेक्स्ट", ["हिन्दी", "में", "टेक्स्ट"]),
        ("বাংলা தமிழ் తెలుగు", ["বাংলা", "தமிழ்", "తెలుగు"]),
        ("CAFE\u0301 café", ["café", "café"]),
        ("שָׁלוֹם مُحَمَّد", ["שָׁלוֹם", "مُحَمَّد"]),
        ("می\u200cبینم x\u0301y", ["می\u200cبینم", "x\u0301y"]),
        ("❤\ufe0f! 葛\U000e0100飾", ["❤\ufe0f", "!", "葛\U000e0100", "飾"]),
        ("İstanbul", ["i\u0307stanbul"]),
    ],
)
def test_marks_belong_to_the_token_before(text: str, words: list[str]) -> None:
    assert list(split(text, 100)) == [unicodedata.normalize("NFC", word) for word in words]


def test_every_mark_of_unicode_is_one() -> None:
    marks = [chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)).startswith("M")]
    unspaced = re.compile(f"[{tokens.UNSPACED}]")
    apart = [mark for mark in marks if tokens.TOKEN.findall(f"a{mark}") != [f"a{mark}"]]
    assert len(marks) > 2000 and all(unspaced.match(mark) for mark in apart)


def test_mixed_scripts() -> None:
    assert list(split("用PyTorch2训练 a模型。", 100)) == ["用", "pytorch2", "训", "练", "a", "模", "型", "。"]
