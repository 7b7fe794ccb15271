"""Counts words of the training texts: the most frequent ones get tokens of their own."""

from __future__ import annotations

from collections import Counter
from typing import Any

from numpy.typing import NDArray

from nas_model.preprocessing.tokens import Tokenizer, split

MOST_WORDS = 2_000_000
"""Different words that are counted at a time; of more, the rarer half is forgotten."""


class Vocabulary:
    """Counts what networks see of the training texts."""

    def __init__(self, length: int) -> None:
        self._length, self._counts = length, Counter[str]()

    def add(self, texts: NDArray[Any]) -> None:
        """Count the tokens of texts (n)."""
        for text in texts:
            self._counts.update(split(text, self._length))
        if len(self._counts) > MOST_WORDS:
            self._counts = Counter(dict(self._ranked(MOST_WORDS // 2)))

    def tokenizer(self, size: int) -> Tokenizer:
        """Return the one of the most frequent tokens, ``size`` codes in all."""
        return Tokenizer(tuple(word for word, _ in self._ranked(size - 2)), self._length)

    def _ranked(self, most: int) -> list[tuple[str, int]]:
        # Ties are broken by the alphabet: all trials of a search must have one vocabulary.
        return sorted(self._counts.items(), key=lambda item: (-item[1], item[0]))[:most]
