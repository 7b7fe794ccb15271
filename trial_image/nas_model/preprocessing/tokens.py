"""Texts as tokens: words in lower case and punctuation marks; characters where a script has no spaces.

What combines with the character before it belongs to the token before, as in Unicode's rule for words
(https://www.unicode.org/reports/tr29, WB4); texts are in normal form C, in which one letter has one spelling.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

PADDING, UNKNOWN = 0, 1
"""Tokens that stand for no word."""
# Thai, Lao, Tibetan, Myanmar, Khmer, Hiragana, Katakana and Bopomofo, Han (with what is beyond 16 bits).
UNSPACED = (
    r"\u0e00-\u0eff\u0f00-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf"
    r"\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U000323af"
)


def _marks() -> str:
    """Return Unicode's marks (category M) as a regular expression has them: accents and vowel signs.

    Python's ``\\w`` does not take them for letters.
    """
    # All of them are in these two ranges.
    codes = (*range(0x300, 0x20000), *range(0xE0100, 0xE01F0))
    marks = [code for code in codes if unicodedata.category(chr(code)).startswith("M")]
    # As ranges: letter by letter, those beyond 16 bits would make a search ten times as long.
    starts = [code for code, before in zip(marks, [0, *marks], strict=False) if code != before + 1]
    ends = [code for code, after in zip(marks, [*marks[1:], 0], strict=True) if code + 1 != after]
    return "".join(f"\\U{start:08x}-\\U{end:08x}" for start, end in zip(starts, ends, strict=True))


JOINERS = r"\u200c\u200d"
"""Zero-width: they tell how the letters around them are written, and stand within words."""
# The first test, which most characters fail, is the quick one.
_COMBINING = rf"(?:(?=[^\0-\u02ff])(?![{UNSPACED}])[{_marks()}{JOINERS}])"
TOKEN = re.compile(rf"[^\W{UNSPACED}]+(?:{_COMBINING}+[^\W{UNSPACED}]*)*|(?:[{UNSPACED}]|[^\w\s]){_COMBINING}*")


def split(text: str, length: int) -> Iterator[str]:
    """Yield the first ``length`` tokens of a text."""
    plain = unicodedata.normalize("NFC", text.lower())
    return (found.group() for found in itertools.islice(TOKEN.finditer(plain), length))


@dataclass(frozen=True)
class Tokenizer:
    """Codes of tokens from 2, in the order of ``words``; 1 is any other, 0 fills short texts."""

    words: tuple[str, ...]
    length: int

    @cached_property
    def codes(self) -> Mapping[str, int]:
        """The code of each word."""
        return {word: code for code, word in enumerate(self.words, 2)}

    @property
    def size(self) -> int:
        """The number of tokens that there are, padding and unknown included."""
        return len(self.words) + 2

    def __call__(self, texts: NDArray[Any]) -> NDArray[np.int32]:
        """Return the tokens (N, L); a text without any has one unknown, so that no example is all padding."""
        tokens = np.full((len(texts), self.length), PADDING, np.int32)
        codes = self.codes
        for row, text in enumerate(texts):
            # One unknown word for an empty text: attention over nothing but padding has no value.
            found = [codes.get(word, UNKNOWN) for word in split(text, self.length)] or [UNKNOWN]
            tokens[row, : len(found)] = found
        return tokens
