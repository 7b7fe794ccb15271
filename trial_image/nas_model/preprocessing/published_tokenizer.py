"""A tokenizer that was published with weights: `task.dataset.text.tokenizer` (Hugging Face's tokenizers read it)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from tokenizers import Tokenizer

PADDING = 0
"""What networks here take for padding."""
UNKNOWNS = ("[UNK]", "<unk>")


@dataclass(frozen=True)
class PublishedTokenizer:
    """Turns texts into the tokens that published weights know."""

    definition: str
    """A tokenizer.json."""
    length: int

    @cached_property
    def library(self) -> Tokenizer:
        """The library's own object.

        Raises:
            Exception: if the definition is none.
        """
        from tokenizers import Tokenizer

        made = Tokenizer.from_str(self.definition)
        made.enable_truncation(self.length)
        made.no_padding()
        return made

    @property
    def size(self) -> int:
        """The number of tokens that there are."""
        return self.library.get_vocab_size()

    def __call__(self, texts: NDArray[Any]) -> NDArray[np.int32]:
        """Return the tokens (N, L); a text without any has one unknown, so that no example is all padding."""
        tokens = np.full((len(texts), self.length), PADDING, np.int32)
        for row, found in enumerate(self.library.encode_batch_fast([str(text) for text in texts])):
            ids = found.ids or [self._unknown]
            tokens[row, : len(ids)] = ids
        return tokens

    @cached_property
    def _unknown(self) -> int:
        known = (self.library.token_to_id(name) for name in UNKNOWNS)
        return next((number for number in known if number is not None), PADDING + 1)
