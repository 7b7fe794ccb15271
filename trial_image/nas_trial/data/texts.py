"""Files of which each is a text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from nas_core.data_files import TOO_LONG, text_of
from nas_trial.data.files import Files
from nas_trial.data.raw import piece_rows
from nas_trial.errors import DatasetInvalid

USUAL_BYTES = 16 << 10
"""Of a text, by which pieces are cut; a few are longer."""


def read(files: Files, names: Sequence[str]) -> Iterator[NDArray[Any]]:
    """Yield texts in pieces: (n) of Python's strings.

    Raises:
        DatasetInvalid: if a file has more than a text may have; the message names it.
        NotFound: if there is no such file.
    """
    texts = files.map(names, lambda name, file: _text(files.label(name), file))
    rows = piece_rows(USUAL_BYTES)
    while piece := list(islice(texts, rows)):
        yield np.array(piece, object)


def _text(label: str, file: BinaryIO) -> str:
    text = text_of(file)
    if text is None:
        raise DatasetInvalid(f"{label}: {TOO_LONG}")
    return text
