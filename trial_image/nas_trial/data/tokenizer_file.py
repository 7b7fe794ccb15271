"""Reads the tokenizer that `task.dataset.text.tokenizer` names: one that was published with weights."""

from __future__ import annotations

from pathlib import Path

from nas_model.preprocessing.published_tokenizer import PADDING, PublishedTokenizer
from nas_trial.errors import CandidateRejected

FIELD = "task.dataset.text.tokenizer"
FILE_BYTES = 32 << 20
"""Of a file at most; the largest vocabularies have some 10 MB."""
PADS = ("[PAD]", "<pad>")


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
        tokenizer = PublishedTokenizer(definition, 8).library
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
