"""Sound files as arrays: mono, of one rate, cut or filled with silence to one length (libsndfile reads them)."""

from __future__ import annotations

import io
from collections.abc import Mapping
from math import gcd

import numpy as np
import soundfile
from numpy.typing import NDArray

from nas_core.api.task import AudioOptions
from nas_trial.errors import DatasetInvalid


def decode(contents: Mapping[str, bytes], options: AudioOptions) -> NDArray[np.float32]:
    """Read files, by their labels for messages, as (N, T) between -1 and 1.

    Raises:
        DatasetInvalid: if one cannot be read or is empty; the message names it.
    """
    return np.stack([_decode(label, content, options) for label, content in contents.items()])


def samples(options: AudioOptions) -> int:
    """Return T."""
    return max(1, round(float(options.seconds) * options.rate))


def fit(sound: NDArray[np.float32], length: int) -> NDArray[np.float32]:
    """Cut (T) to a length, or fill it with silence."""
    return np.pad(sound[:length], (0, max(0, length - len(sound))))


def _decode(label: str, content: bytes, options: AudioOptions) -> NDArray[np.float32]:
    try:
        # (T, channels), also for one channel.
        channels, rate = soundfile.read(io.BytesIO(content), dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, RuntimeError, TypeError) as error:
        raise DatasetInvalid(f"{label}: cannot be read as sound: {error}") from error
    if not len(channels):
        raise DatasetInvalid(f"{label}: holds no sound; remove it")
    sound: NDArray[np.float32] = channels.mean(axis=1)  # (T,)
    if rate != options.rate:
        # Here: only sounds of another rate need SciPy. It filters before it thins out; picking every n-th sample would
        # fold high tones into low ones.
        from scipy.signal import resample_poly

        divisor = gcd(rate, options.rate)  # 44,100 to 16,000 Hz is 160 samples for each 441
        sound = resample_poly(sound, options.rate // divisor, rate // divisor).astype(np.float32)
    # WAV files of floats may hold NaN. Only here does a message know the file.
    if not np.isfinite(sound).all():
        raise DatasetInvalid(f"{label}: has samples that are NaN or infinite; repair or remove it")
    return fit(sound, samples(options))
