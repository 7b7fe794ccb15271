"""Sounds of one form: mono, of one rate, cut or filled with silence to one length (libsndfile reads files)."""

from __future__ import annotations

import math
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from nas_model.errors import DatasetInvalid

MARGIN = 64
"""Samples, of the slower of two rates, that are read beyond the end: the filter looks so far ahead."""


def _fitted(sounds: NDArray[Any], length: int) -> NDArray[Any]:
    """Cut (…, T) to a length, or fill it with silence."""
    cut = sounds[..., :length]
    return np.pad(cut, (*[(0, 0)] * (cut.ndim - 1), (0, length - cut.shape[-1])))


def decode(label: str, file: BinaryIO, rate: int, length: int) -> NDArray[np.float32]:
    """Return a sound of a rate and a length in samples: (T) between -1 and 1.

    Raises:
        DatasetInvalid: if it cannot be read or is empty; the message names it.
    """
    import soundfile  # here: arrays need no library

    try:
        with soundfile.SoundFile(file) as sound:
            own = sound.samplerate
            # No more than will be heard: a recording may take hours. (T, channels), also for one channel.
            wanted = math.ceil((length + MARGIN) * max(1.0, own / rate)) + MARGIN
            channels = sound.read(wanted, dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, RuntimeError, TypeError) as error:
        # libsndfile's own words: the library's begin with the address of an object.
        reason = getattr(error, "error_string", None) or "it is none of WAV, FLAC, OGG, MP3, AIFF and AU, or damaged"
        raise DatasetInvalid(f"{label}: cannot be read as sound: {reason}") from error
    if not len(channels):
        raise DatasetInvalid(f"{label}: holds no sound; remove it")
    mono: NDArray[np.float32] = channels.mean(axis=1)  # (T,)
    if own != rate:
        # Here: only sounds of another rate need SciPy. It filters before it thins out; picking every n-th sample would
        # fold high tones into low ones.
        from scipy.signal import resample_poly

        divisor = math.gcd(own, rate)  # 44,100 to 16,000 Hz is 160 samples for each 441
        mono = resample_poly(mono, rate // divisor, own // divisor).astype(np.float32)
    # WAV files of floats may hold NaN. Only here does a message know the file.
    if not np.isfinite(mono).all():
        raise DatasetInvalid(f"{label}: has samples that are NaN or infinite; repair or remove it")
    return _fitted(mono, length)


def from_array(part: NDArray[Any], start: int, length: int, where: str) -> NDArray[np.float32]:
    """Return sounds (n, length) between -1 and 1, of which the first is of row ``start``.

    Whole numbers are taken as samples of their type's range.

    Raises:
        DatasetInvalid: if floats are beyond -1 and 1.
    """
    if np.issubdtype(part.dtype, np.integer):
        part = part / float(np.iinfo(part.dtype).max)  # 16-bit samples reach from -32768 to 32767
    else:
        # NaN passes here: `check` names the row that holds it.
        loud = np.flatnonzero((np.abs(np.nan_to_num(part)) > 1).any(axis=1))
        if len(loud):
            raise DatasetInvalid(
                f"{where}: row {start + int(loud[0])} is a sound with values beyond -1 and 1; scale the sounds, or "
                "give whole numbers"
            )
    return _fitted(part, length).astype(np.float32)
