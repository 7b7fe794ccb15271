"""Files of sound, read as the task wants them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from nas_core.api.task import AudioOptions
from nas_model.preprocessing.sounds import decode
from nas_trial.data.files import Files
from nas_trial.data.raw import piece_rows


def read(files: Files, names: Sequence[str], options: AudioOptions) -> Iterator[NDArray[np.float32]]:
    """Yield sounds between -1 and 1 in pieces: (n, T).

    Raises:
        DatasetInvalid: if one cannot be read or is empty; the message names it.
        NotFound: if there is no such file.
    """
    sounds = files.map(names, lambda name, file: decode(files.label(name), file, options.rate, samples(options)))
    rows = piece_rows(4 * samples(options))
    while piece := list(islice(sounds, rows)):
        yield np.stack(piece)


def samples(options: AudioOptions) -> int:
    """Return T."""
    return max(1, round(float(options.seconds) * options.rate))
