"""Clothes seen, described and measured, of which no single one suffices: ``clothes.tar`` with PNGs and a table.

The images are Fashion-MNIST's (`fashion_mnist`); texts and numbers are MADE HERE from them, to have a small problem of
three modalities. Of each image one half is hidden; the text names the family (top, footwear, …), not the class, and
the wrong one in a sixth of all cases; the numbers are measured on the whole image.
"""

import gzip
import io
import tarfile
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from nas_dev.cache import Input
from nas_dev.datasets import fashion_mnist
from nas_dev.datasets.archive import add
from nas_dev.steps import Steps

INPUTS: list[Input] = [Path(__file__), Path(fashion_mnist.__file__)]
COUNT = 6000
MISTAKEN = 1 / 6
"""Share of the texts that name a wrong family."""
CLASSES = ("t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle-boot")
FAMILIES = ("top", "trousers", "top", "dress", "top", "footwear", "top", "footwear", "accessory", "footwear")
NAMES = {
    "top": ("top", "garment for the upper body", "something to wear above the waist"),
    "trousers": ("trousers", "garment for the legs"),
    "dress": ("dress", "garment in one piece"),
    "footwear": ("footwear", "something for the feet", "pair of which one is shown"),
    "accessory": ("accessory", "something to carry"),
}
PHRASES = ("for sale: {}", "{}, worn twice", "as new, {}", "my old {}", "{} from a smoke-free home", "bargain! {}")


def build(steps: Steps, directory: Path) -> None:
    """Draw examples, hide, describe and measure."""
    images, labels = read(fashion_mnist.files(steps), "train")
    rng = np.random.default_rng(0)
    chosen = rng.permutation(len(images))[:COUNT]
    rows = []
    with tarfile.open(directory / "clothes.tar", "w") as archive:
        for place, index in enumerate(chosen):
            name = f"images/{place:04d}.png"
            content = io.BytesIO()
            Image.fromarray(half_hidden(images[index], rng)).save(content, "PNG")
            add(archive, name, content.getvalue())
            label = int(labels[index])
            text = described(FAMILIES[label], rng)
            rows.append({"image": name, "text": text, **measured(images[index]), "label": CLASSES[label]})
        add(archive, "clothes.csv", pd.DataFrame(rows).to_csv(index=False).encode())


def read(files: Path, part: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return images (N, 28, 28) and labels (N) of train or t10k."""
    images = gzip.decompress((files / f"{part}-images-idx3-ubyte.gz").read_bytes())
    labels = gzip.decompress((files / f"{part}-labels-idx1-ubyte.gz").read_bytes())
    return np.frombuffer(images, np.uint8, offset=16).reshape(-1, 28, 28), np.frombuffer(labels, np.uint8, offset=8)


def half_hidden(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return an image (H, W) of which the upper, lower, left or right half is black."""
    turns = int(rng.integers(4))
    shown = np.rot90(image, turns).copy()
    shown[: len(shown) // 2] = 0
    return np.ascontiguousarray(np.rot90(shown, -turns))


def described(family: str, rng: np.random.Generator) -> str:
    """Return a text that names the family, or another."""
    if rng.random() < MISTAKEN:
        family = str(rng.choice([other for other in NAMES if other != family]))
    return str(rng.choice(PHRASES)).format(rng.choice(NAMES[family]))


def measured(image: NDArray[np.uint8]) -> dict[str, float]:
    """Return numbers of an image (H, W): its brightness, and the size and form of what is on it."""
    shown, values = image > 0, image / 255
    high, wide = shown.any(1), shown.any(0)
    return {
        "brightness": round(float(values[shown].mean()), 4),
        "contrast": round(float(values[shown].std()), 4),
        "height": int(high.sum()),
        "width": int(wide.sum()),
        "area": round(float(shown.mean()), 4),
        "asymmetry": round(float(np.abs(values - values[:, ::-1]).mean()), 4),
    }
