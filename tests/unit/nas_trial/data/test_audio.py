from __future__ import annotations

import io
from collections.abc import Mapping

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from tests.support.held_files import HeldFiles

from nas_core.api.task import AudioOptions
from nas_core.data_files import MEDIA_FILES
from nas_trial.data import audio
from nas_trial.data.audio import samples
from nas_trial.errors import DatasetInvalid

OPTIONS = AudioOptions(seconds="0.5", rate=8000)


def tone(rate: int = 8000, seconds: float = 0.5, channels: int = 1, hertz: float = 440, form: str = "WAV") -> bytes:
    wave = 0.5 * np.sin(2 * np.pi * hertz * np.arange(round(rate * seconds)) / rate)
    buffer = io.BytesIO()
    soundfile.write(buffer, np.repeat(wave[:, None], channels, axis=1), rate, format=form)
    return buffer.getvalue()


def decode(contents: Mapping[str, bytes], options: AudioOptions) -> NDArray[np.float32]:
    return np.concatenate(list(audio.read(HeldFiles(contents, "d"), list(contents), options)))


def loudest(sound: np.ndarray) -> float:
    return float(np.abs(np.fft.rfft(sound)).argmax() * OPTIONS.rate / len(sound))


@pytest.mark.parametrize(("rate", "channels", "form"), [(8000, 1, "WAV"), (44_100, 2, "WAV"), (16_000, 1, "FLAC")])
def test_sound_of_any_rate_is_brought_to_one(rate: int, channels: int, form: str) -> None:
    [sound] = decode({"a": tone(rate, channels=channels, form=form)}, OPTIONS)
    assert sound.shape == (4000,) and sound.dtype == np.float32
    assert loudest(sound) == pytest.approx(440, abs=2)
    assert np.abs(sound[500:3500]).max() == pytest.approx(0.5, abs=0.02)


def test_sound_is_cut_or_filled() -> None:
    found = decode({"long": tone(seconds=2), "short": tone(seconds=0.1)}, OPTIONS)
    assert found.shape == (2, samples(OPTIONS)) == (2, 4000)
    assert found[1, :800].any() and not found[1, 800:].any()


@pytest.mark.parametrize("content", [b"", b"RIFF no sound", tone()[:30], tone(seconds=0)])
def test_what_is_no_sound_is_named(content: bytes) -> None:
    with pytest.raises(DatasetInvalid, match=r"d/b.wav: (cannot be read as sound|holds no sound)") as raised:
        decode({"a.wav": tone(), "b.wav": content}, OPTIONS)
    assert "0x" not in raised.value.message, "the address of an object tells nobody anything"


@pytest.mark.parametrize("rate", [4000, 8000, 44_100])
def test_no_more_is_read_than_is_heard(rate: int) -> None:
    short, long = (decode({"a": tone(rate, seconds=seconds)}, OPTIONS) for seconds in (0.6, 5))
    assert np.array_equal(short, long)


@pytest.mark.parametrize(("ending", "form"), [("aiff", "AIFF"), ("au", "AU"), ("oga", "OGG"), ("mp3", "MP3")])
def test_the_forms_that_the_library_reads(ending: str, form: str) -> None:
    [sound] = decode({f"a.{ending}": tone(16_000, form=form)}, OPTIONS)
    assert loudest(sound) == pytest.approx(440, abs=2)
    assert f".{ending}" in MEDIA_FILES["audio"]
