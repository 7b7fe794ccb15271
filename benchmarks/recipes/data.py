"""Small data of every task, made or of scikit-learn: enough to see whether a recipe trains."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nas_core.api.task import AudioOptions, Columns, Dataset, Task, TextOptions

EXAMPLES, CLASSES = 500, 4
DIGITS = Task(type="image-classification", dataset=Dataset(name="digits", max_examples=EXAMPLES))


def tables() -> dict[str, Task]:
    """Return scikit-learn's two tables."""
    return {
        "breast-cancer": Task(type="tabular-classification", dataset=Dataset(name="breast-cancer")),
        "diabetes": Task(type="regression", dataset=Dataset(name="diabetes")),
    }


def texts(folder: Path) -> Task:
    """Write texts of random words of which each class has some more often."""
    rng, y = _classes()
    words = [f"word{number}" for number in range(200)]
    likely = rng.dirichlet(np.full(len(words), 0.3), CLASSES)  # (classes, words)
    x = np.array([" ".join(rng.choice(words, rng.integers(5, 40), p=likely[label])) for label in y])
    np.savez(folder / "texts.npz", x=x, y=y)
    dataset = Dataset(path=str(folder / "texts.npz"), text=TextOptions(length=48))
    return Task(type="text-classification", dataset=dataset)


def sound(folder: Path) -> Task:
    """Write half a second of a tone in noise; the pitch is the class."""
    rng, y = _classes()
    x = 0.3 * _waves(rng, 300.0 * (1 + y), np.arange(4000) / 8000) + 0.1 * rng.standard_normal((EXAMPLES, 4000))
    np.savez(folder / "sound.npz", x=x.astype(np.float32).clip(-1, 1), y=y)
    dataset = Dataset(path=str(folder / "sound.npz"), audio=AudioOptions(seconds="0.5", rate=8000))
    return Task(type="audio-classification", dataset=dataset)


def series(folder: Path) -> Task:
    """Write two channels of waves in noise, of large numbers; the frequency is the class."""
    rng, y = _classes()
    clean = np.stack([_waves(rng, 2.0 * (1 + y), np.linspace(0, 1, 64)) for _ in range(2)], 1)  # (N, 2, 64)
    x = 500 + 80 * (clean + 0.5 * rng.standard_normal(clean.shape))
    np.savez(folder / "series.npz", x=x.astype(np.float32), y=y)
    return Task(type="time-series-classification", dataset=Dataset(path=str(folder / "series.npz")))


def mixed(folder: Path) -> Task:
    """Write a table with images, texts, numbers of very different sizes and a category, which all tell of the class."""
    rng, y = _classes()
    lines = ["image,text,price,rate,kind,label"]
    for number, label in enumerate(y):
        pixels = rng.integers(0, 120, (16, 16, 3), np.uint8) + np.uint8(30 * label)
        Image.fromarray(pixels).save(folder / f"{number}.png")
        text = " ".join(f"w{rng.integers(0, 20) + 10 * label}" for _ in range(8))
        price, rate = np.exp(rng.normal(8 + label)), 1e-4 * rng.normal(label)
        lines.append(f"{number}.png,{text},{price:.2f},{rate:.8f},k{(label + rng.integers(2)) % CLASSES},{label}")
    (folder / "mixed.csv").write_text("\n".join(lines))
    dataset = Dataset(path=str(folder), columns=Columns(categorical=["kind"]), text=TextOptions(length=16))
    return Task(type="multi-modal-classification", dataset=dataset)


def _classes() -> tuple[np.random.Generator, NDArray[np.int64]]:
    rng = np.random.default_rng(0)
    return rng, rng.integers(0, CLASSES, EXAMPLES)


def _waves(
    rng: np.random.Generator, frequencies: NDArray[np.floating], times: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Return a wave of each frequency (N) at times (T), with a random phase: (N, T)."""
    phases = rng.uniform(0, 2 * np.pi, (len(frequencies), 1))
    return np.asarray(np.sin(2 * np.pi * frequencies[:, None] * times + phases))
