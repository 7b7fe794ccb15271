"""One minibatch in CIFAR-10's form: 3 channels of 32 x 32 pixels, ten classes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from sklearn.datasets import load_sample_images
from torch import Tensor
from torch.nn import functional

from nas_dev.datasets.fashion_mnist import FILES, PACKAGE
from nas_trial.data import idx
from nas_trial.data.scratch import Scratch
from nas_trial.proxies.base import Batch

SHRINK = (2, 8)
"""Photographs are made smaller by so much, at least and less than."""


def minibatch(images: str, examples: int, seed: int) -> Batch:
    """Return examples of a kind of images, drawn by the seed."""
    pixels, classes = KINDS[images](examples, np.random.default_rng(seed))
    return Batch({"image": pixels}, classes, functional.cross_entropy)


def fashion_mnist(examples: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Return training images: padded with zeros, grey in all channels, standardised."""
    if not FILES.exists():
        raise SystemExit(f"{FILES} is missing: apt-get install {PACKAGE}")
    images, labels = (
        idx.parse(f"{name}.gz", FILES / f"train-{name}-ubyte.gz", Scratch()) for name in ("images-idx3", "labels-idx1")
    )
    chosen = rng.choice(len(labels), examples, replace=False)
    pixels = torch.from_numpy(images[chosen]).float()
    padded = functional.pad((pixels - float(images.mean())) / float(images.std()), (2, 2, 2, 2))
    return padded[:, None].expand(-1, 3, -1, -1).contiguous(), torch.from_numpy(labels[chosen].astype(np.int64))


def photographs(examples: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Return pieces of scikit-learn's two photographs in several scales, standardised; their classes are random."""
    pieces = []
    for _ in range(examples):
        photograph = torch.from_numpy(load_sample_images().images[rng.integers(2)]).float().permute(2, 0, 1)
        small = functional.avg_pool2d(photograph, int(rng.integers(*SHRINK)))
        top, left = rng.integers(small.shape[1] - 31), rng.integers(small.shape[2] - 31)
        pieces.append(small[:, top : top + 32, left : left + 32])
    pixels = torch.stack(pieces)
    pixels = (pixels - pixels.mean((0, 2, 3), keepdim=True)) / pixels.std((0, 2, 3), keepdim=True)
    return pixels, random_classes(examples, rng)


def noise(examples: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Return Gaussian noise; its classes are random."""
    pixels = torch.from_numpy(rng.standard_normal((examples, 3, 32, 32), dtype=np.float32))
    return pixels, random_classes(examples, rng)


def random_classes(examples: int, rng: np.random.Generator) -> Tensor:
    """Return one of ten classes for each example."""
    return torch.from_numpy(rng.integers(10, size=examples))


KINDS: Mapping[str, Callable[[int, np.random.Generator], tuple[Tensor, Tensor]]] = {
    "fashion-mnist": fashion_mnist,
    "photographs": photographs,
    "noise": noise,
}
