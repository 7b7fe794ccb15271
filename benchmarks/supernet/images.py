"""Fashion-MNIST in one small file that travels to a machine with a GPU, and as tensors that lie there whole.

``python -m benchmarks.supernet.images fashion.npz`` makes the file from the data set's four (`nas_dev.datasets`).
"""

from __future__ import annotations

import gzip
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from nas_model.signature import ImageInput, Signature

CLASSES, SIZE = 10, 28
SIGNATURE = Signature(outputs=CLASSES, image=ImageInput(1, SIZE, SIZE))
VALIDATION = 1 / 6
"""Share of the training images that is held out to choose by: 10,000 of 60,000."""
HEADER = {"images": 16, "labels": 8}
"""Bytes before the values in an IDX file."""


@dataclass(frozen=True)
class Split:
    """Some images, standardised, and their classes."""

    x: Tensor
    """(N, 28, 28, 1), so that a batch is in the layout that convolutions of narrow types are fast in."""
    y: Tensor
    """(N,) int64."""


@dataclass(frozen=True)
class Images:
    """All images, on one device."""

    train: Split
    val: Split
    test: Split


def load(path: Path, device: torch.device) -> Images:
    """Return the images; which of them validate is always the same. They are standardised by those that train."""
    with np.load(path) as file:
        held = {name: file[name] for name in ("train_images", "train_labels", "test_images", "test_labels")}
    order = np.random.default_rng(0).permutation(len(held["train_labels"]))
    validation = int(len(order) * VALIDATION)
    rows = {"val": order[:validation], "train": order[validation:]}
    pixels = held["train_images"][rows["train"]].astype(np.float32)
    mean, std = float(pixels.mean(dtype=np.float64)), float(pixels.std(dtype=np.float64))

    def split(images: np.ndarray, labels: np.ndarray) -> Split:
        x = torch.from_numpy(images).to(device).float().sub_(mean).div_(std).reshape(-1, SIZE, SIZE, 1)
        return Split(x, torch.from_numpy(labels.astype(np.int64)).to(device))

    of_train = {part: split(held["train_images"][those], held["train_labels"][those]) for part, those in rows.items()}
    return Images(of_train["train"], of_train["val"], split(held["test_images"], held["test_labels"]))


def pack(folder: Path, path: Path) -> None:
    """Write the four files of the data set as one."""
    parts = {"train": "train", "test": "t10k"}
    arrays = {
        f"{part}_{kind}": _values(folder / f"{name}-{kind}-idx{dimensions}-ubyte.gz", HEADER[kind])
        for part, name in parts.items()
        for kind, dimensions in (("images", 3), ("labels", 1))
    }
    for part in parts:
        arrays[f"{part}_images"] = arrays[f"{part}_images"].reshape(-1, SIZE, SIZE)
    np.savez_compressed(path, **arrays)  # type: ignore[arg-type]


def _values(path: Path, header: int) -> np.ndarray:
    return np.frombuffer(gzip.decompress(path.read_bytes()), np.uint8, offset=header)


def main() -> int:
    """Fetch the data set if need be, and pack it."""
    # Here, so that the machine that trains need not have the development tool's libraries.
    from nas_dev.datasets import folder
    from nas_dev.steps import Steps

    pack(folder("fashion-mnist", Steps()), Path(sys.argv[1]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
