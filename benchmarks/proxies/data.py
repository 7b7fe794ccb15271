"""One minibatch of Fashion-MNIST in CIFAR-10's form: 3 channels of 32 x 32 pixels."""

from __future__ import annotations

import gzip

import numpy as np
import torch
from torch.nn import functional

from nas_dev.datasets.fashion_mnist import FILES, PACKAGE
from nas_trial.data import idx
from nas_trial.proxies import Batch


def fashion_mnist(examples: int, seed: int) -> Batch:
    """Return training images, drawn by the seed: padded with zeros, grey in all channels, standardised."""
    if not FILES.exists():
        raise SystemExit(f"{FILES} is missing: apt-get install {PACKAGE}")
    images, labels = (
        idx.parse(name, gzip.decompress((FILES / f"train-{name}-ubyte.gz").read_bytes()))
        for name in ("images-idx3", "labels-idx1")
    )
    chosen = np.random.default_rng(seed).choice(len(labels), examples, replace=False)
    pixels = torch.from_numpy(images[chosen]).float()
    padded = functional.pad((pixels - float(images.mean())) / float(images.std()), (2, 2, 2, 2))
    grey = padded[:, None].expand(-1, 3, -1, -1).contiguous()
    return Batch({"image": grey}, torch.from_numpy(labels[chosen].astype(np.int64)), functional.cross_entropy)
