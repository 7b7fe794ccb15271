"""Clothes of which few are labelled: ``known/`` has 3,000 of five classes, ``new/`` 100 of five others; as .npz.

The images are Fashion-MNIST's (`fashion_mnist`): t-shirt, trouser, pullover, dress and coat are known; sandal, shirt,
sneaker, bag and ankle boot are new, 20 of each. Both have test splits of 1,000, from the published test images.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nas_dev.cache import Input
from nas_dev.datasets import fashion_mnist, image_text_table
from nas_dev.steps import Steps

INPUTS: list[Input] = [Path(__file__), Path(fashion_mnist.__file__), Path(image_text_table.__file__)]
CLASSES = {"known": range(5), "new": range(5, 10)}
TRAINING = {"known": 600, "new": 20}
"""Training images of each class."""
TEST = 200


def build(steps: Steps, directory: Path) -> None:
    """Draw the examples."""
    files = fashion_mnist.files(steps)
    for part in CLASSES:
        (directory / part).mkdir()
        drawn = draw(files, part, np.random.default_rng(0))
        np.savez_compressed(directory / part / "clothes.npz", **drawn)  # type: ignore[arg-type]


def draw(files: Path, part: str, rng: np.random.Generator) -> dict[str, NDArray[np.uint8]]:
    """Return images and labels of known or new classes, as an .npz has them: training and test split."""
    arrays: dict[str, NDArray[np.uint8]] = {}
    for split, published, count in (("train", "train", TRAINING[part]), ("test", "t10k", TEST)):
        images, labels = image_text_table.read(files, published)
        chosen = [rng.permutation(np.flatnonzero(labels == each))[:count] for each in CLASSES[part]]
        rows = np.concatenate(chosen)
        arrays |= {f"x_{split}": images[rows][:, None], f"y_{split}": labels[rows]}
    return arrays
