"""Sound files as arrays: mono, of one rate, cut or filled with silence to one length (libsndfile reads them)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import BinaryIO

import numpy as np
import soundfile
from numpy.typing import NDArray

from nas_core.api.task import AudioOptions
from nas_trial.data.files import Files
from nas_trial.data.raw import piece_rows
from nas_trial.errors import DatasetInvalid

MARGIN = 64
"""Samples, of the slower of two rates, that are read beyond the end: the filter looks so far ahead."""


def read(files: Files, names: Sequence[str], options: AudioOptions) -> Iterator[NDArray[np.float32]]:
    """Yield sounds between -1 and 1 in pieces: (n, T).

    Raises:
        DatasetInvalid: if one cannot be read or is empty; the message names it.
        NotFound: if there is no such file.
    """
    sounds = files.map(names, lambda name, file: decode(files.label(name), file, options))
    rows = piece_rows(4 * samples(options))
    while piece := list(islice(sounds, rows)):
        yield np.stack(piece)


def samples(options: AudioOptions) -> int:
    """Return T."""
    return max(1, round(float(options.seconds) * options.rate))


def fit(sound: NDArray[np.float32], length: int) -> NDArray[np.float32]:
    """Cut (T) to a length, or fill it with silence."""
    return np.pad(sound[:length], (0, max(0, length - len(sound))))


def decode(label: str, file: BinaryIO, options: AudioOptions) -> NDArray[np.float32]:
    """Return a sound of the rate and length that are asked for: (T)."""
    length = samples(options)
    try:
        with soundfile.SoundFile(file) as sound:
            rate = sound.samplerate
            # No more than will be heard: a recording may take hours. (T, channels), also for one channel.
            wanted = math.ceil((length + MARGIN) * max(1.0, rate / options.rate)) + MARGIN
            channels = sound.read(wanted, dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, RuntimeError, TypeError) as error:
        # libsndfile's own words: the library's begin with the address of an object.
        reason = getattr(error, "error_string", None) or "it is none of WAV, FLAC, OGG, MP3, AIFF and AU, or damaged"
        raise DatasetInvalid(f"{label}: cannot be read as sound: {reason}") from error
    if not len(channels):
        raise DatasetInvalid(f"{label}: holds no sound; remove it")
    mono: NDArray[np.float32] = channels.mean(axis=1)  # (T,)
    if rate != options.rate:
        # Here: only sounds of another rate need SciPy. It filters before it thins out; picking every n-th sample would
        # fold high tones into low ones.
        from scipy.signal import resample_poly

        divisor = math.gcd(rate, options.rate)  # 44,100 to 16,000 Hz is 160 samples for each 441
        mono = resample_poly(mono, options.rate // divisor, rate // divisor).astype(np.float32)
    # WAV files of floats may hold NaN. Only here does a message know the file.
    if not np.isfinite(mono).all():
        raise DatasetInvalid(f"{label}: has samples that are NaN or infinite; repair or remove it")
    return fit(mono, length)
