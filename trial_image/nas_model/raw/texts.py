"""Texts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nas_model.errors import InputInvalid
from nas_model.raw.examples import RawPart


def of_texts(texts: Sequence[object]) -> RawPart:
    """Return texts that are given one by one; None is an empty one.

    Raises:
        InputInvalid: if one is no text.
    """
    found = np.empty(len(texts), object)
    for row, text in enumerate(texts):
        if text is not None and not isinstance(text, str):
            raise InputInvalid(f"text: example {row} is of type {type(text).__name__}; give texts")
        found[row] = text or ""
    return RawPart(len(found), lambda start, end: {"text": found[start:end]})
