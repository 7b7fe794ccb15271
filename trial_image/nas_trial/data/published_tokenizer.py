"""A tokenizer that was published with weights: `task.dataset.text.tokenizer` (Hugging Face's tokenizers read it)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nas_trial.errors import CandidateRejected

if TYPE_CHECKING:
    from tokenizers import Tokenizer

FIELD = "task.dataset.text.tokenizer"
FILE_BYTES = 32 << 20
"""Of a file at most; the largest vocabularies have some 10 MB."""
PADDING = 0
"""What networks here take for padding."""
PADS, UNKNOWNS = ("[PAD]", "<pad>"), ("[UNK]", "<unk>")


@dataclass(frozen=True)
class PublishedTokenizer:
    """Turns texts into the tokens that published weights know."""

    definition: str
    """A tokenizer.json."""
    length: int

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        from tokenizers import Tokenizer

        made = Tokenizer.from_str(self.definition)
        made.enable_truncation(self.length)
        made.no_padding()
        return made

    @property
    def size(self) -> int:
        """The number of tokens that there are."""
        return self._tokenizer.get_vocab_size()

    def __call__(self, texts: NDArray[Any]) -> NDArray[np.int32]:
        """Return the tokens (N, L); a text without any has one unknown, so that no example is all padding."""
        tokens = np.full((len(texts), self.length), PADDING, np.int32)
        for row, found in enumerate(self._tokenizer.encode_batch_fast([str(text) for text in texts])):
            ids = found.ids or [self._unknown]
            tokens[row, : len(ids)] = ids
        return tokens

    @cached_property
    def _unknown(self) -> int:
        known = (self._tokenizer.token_to_id(name) for name in UNKNOWNS)
        return next((number for number in known if number is not None), PADDING + 1)


def read(file: Path, where: str) -> str:
    """Return the tokenizer.json of a file, which may be the vocab.txt of a BERT (lower case, as most are).

    Raises:
        CandidateRejected: if it cannot be read, or its padding is not token 0; the message names it.
    """
    if file.stat().st_size > FILE_BYTES:
        raise CandidateRejected("SpecInvalid", f"{FIELD} {where}: has more than {FILE_BYTES >> 20} MiB")
    try:
        content = file.read_text(encoding="utf-8")
        definition = content if content.lstrip().startswith("{") else _of_vocabulary(content)
        tokenizer = PublishedTokenizer(definition, 8)._tokenizer
    # The library raises Exception itself.
    except Exception as error:
        raise CandidateRejected(
            "SpecInvalid", f"{FIELD} {where}: cannot be read as tokenizer.json or vocab.txt: {error}"
        ) from error
    pads = {name: number for name in PADS if (number := tokenizer.token_to_id(name)) not in (None, PADDING)}
    if pads:
        name, number = next(iter(pads.items()))
        raise CandidateRejected(
            "SpecInvalid",
            f"{FIELD} {where}: its padding {name} is token {number}; networks here take token 0 for padding, as BERT "
            "has it: give a tokenizer of that form",
        )
    return definition


def _of_vocabulary(content: str) -> str:
    from tokenizers import BertWordPieceTokenizer

    words = content.splitlines()
    vocabulary = {word.rstrip(): number for number, word in enumerate(words)}
    definition: str = BertWordPieceTokenizer(vocabulary, lowercase=True).to_str()
    return definition
