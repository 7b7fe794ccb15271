"""Digits spoken by the synthetic voices of espeak-ng (Debian, GPL 3; what it says is free of it), with noise.

``digits.tar``: WAVs of 8 kHz and ``manifest.csv`` with the columns audio, label, split. Voice, accent, speed and pitch
are drawn, and noise at 0 to 20 dB below the speech is added. No voice of the test split is heard in the others: what
is learned must hold for speakers that were never heard.
"""

import csv
import io
import tarfile
import wave
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from nas_dev.cache import Input
from nas_dev.datasets.archive import add
from nas_dev.datasets.sources import run
from nas_dev.setup import system
from nas_dev.steps import Steps

INPUTS: list[Input] = [Path(__file__)]
WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
ACCENTS = ("en-gb", "en-us", "en-gb-scotland", "en-gb-x-rp", "en-gb-x-gbclan", "en-gb-x-gbcwmd", "en-029")
VOICES = {
    "train": ("m1", "m2", "m3", "m4", "m5", "f1", "f2", "f3", "klatt", "klatt2", "croak", "Andy", "Annie", "Linda"),
    "val": ("m6", "f4", "klatt3", "anika"),
    "test": ("m7", "f5", "klatt4", "Mike"),
}
COUNTS = {"train": 1600, "val": 400, "test": 400}
RATE = 8000
SPOKEN_RATE = 22050


@dataclass(frozen=True)
class Utterance:
    """What is said, by whom, and how."""

    split: str
    digit: int
    voice: str
    speed: int
    """Words a minute."""
    pitch: int
    """0 to 99."""
    noise: float
    """Decibels between speech and noise."""

    def sound(self, seed: int) -> NDArray[np.int16]:
        """Let it be said; return the samples (T)."""
        options = ["-v", self.voice, "-s", self.speed, "-p", self.pitch, "--stdout"]
        spoken = run("espeak-ng", *options, WORDS[self.digit])
        # espeak-ng does not know the length when it writes the header: the samples are what follows its 44 bytes.
        samples = np.frombuffer(spoken[44:], np.int16).astype(np.float64)
        samples = resample_poly(samples, RATE, SPOKEN_RATE)
        power = np.mean(samples**2)
        noise = np.random.default_rng(seed).normal(size=len(samples)) * np.sqrt(power / 10 ** (self.noise / 10))
        noisy = samples + noise
        scaled: NDArray[np.int16] = np.round(noisy * (0.9 * 32767 / np.abs(noisy).max())).astype(np.int16)
        return scaled


def build(steps: Steps, directory: Path) -> None:
    """Let all be said, and pack it."""
    system.install(steps, ["espeak-ng"])
    chosen = draw(seed=0)
    with ThreadPoolExecutor(4) as pool:
        sounds = list(pool.map(lambda pair: pair[1].sound(pair[0]), enumerate(chosen)))
    manifest = io.StringIO()
    rows = csv.writer(manifest, lineterminator="\n")
    rows.writerow(["audio", "label", "split"])
    with tarfile.open(directory / "digits.tar", "w") as archive:
        for number, (utterance, sound) in enumerate(zip(chosen, sounds, strict=True)):
            name = f"wavs/{number:04d}.wav"
            rows.writerow([name, WORDS[utterance.digit], utterance.split])
            add(archive, name, wav(sound))
        add(archive, "manifest.csv", manifest.getvalue().encode())


def draw(seed: int) -> list[Utterance]:
    """Draw what is said: in each split all digits equally often."""
    rng = np.random.default_rng(seed)
    return [
        Utterance(
            split,
            place % len(WORDS),
            f"{rng.choice(ACCENTS)}+{rng.choice(VOICES[split])}",
            int(rng.integers(110, 240)),
            int(rng.integers(10, 90)),
            float(rng.uniform(0, 20)),
        )
        for split, count in COUNTS.items()
        for place in range(count)
    ]


def wav(sound: NDArray[np.int16]) -> bytes:
    """Return samples as a WAV file."""
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(sound.tobytes())
    return content.getvalue()
