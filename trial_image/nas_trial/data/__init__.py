"""The examples: read from where the search says, checked, split, and put on the device.

The test split of a data set that has one is never read by a search.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from nas_core.api.search import Dataset
from nas_core.contract import StorageLocation
from nas_trial.data.raw import RawData, check
from nas_trial.data.split import stratified_split, stratified_subset
from nas_trial.errors import CandidateRejected, DatasetInvalid
from nas_trial.stop import StopFlag

__all__ = ["Examples", "load"]


@dataclass
class Examples:
    """Training and validation examples on the device. Images are (N, C, H, W), bytes or floats; labels (N)."""

    x_train: Tensor
    y_train: Tensor
    x_val: Tensor
    y_val: Tensor
    mean: Tensor
    std: Tensor
    classes: tuple[str, ...]
    hash: str
    """``sha256:…`` over the examples before any split."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of an image."""
        _, c, h, w = self.x_train.shape
        return c, h, w

    def batch(self, images: Tensor, chosen: Tensor) -> Tensor:
        """Return the chosen images as floats, each channel with mean 0 and deviation 1 over the training examples."""
        return (images[chosen].float() - self.mean) / self.std


def load(
    dataset: Dataset, storage: StorageLocation | None, seed: int, device: torch.device, stop: StopFlag
) -> Examples:
    """Read, check and split the data of a search.

    Raises:
        CandidateRejected: if the data cannot be learned from; the message names object, row and remedy.
        StorageUnavailable: if it could not be read for minutes.
    """
    raw = _read(dataset, storage, stop)
    check(raw)
    digest = hashlib.sha256(np.ascontiguousarray(raw.x).tobytes() + np.ascontiguousarray(raw.y).tobytes()).hexdigest()
    fraction = float(dataset.validation_fraction)
    if not 0 < fraction < 1:
        raise CandidateRejected("SpecInvalid", f"task.dataset.validationFraction {fraction} must lie between 0 and 1")
    chosen = stratified_subset(raw.y, dataset.max_examples, seed)
    train, val = stratified_split(raw.y[chosen], fraction, seed)
    if not len(train) or not len(val):
        raise DatasetInvalid(f"{len(chosen)} examples are too few to hold {fraction:g} of them out for validation")
    x = torch.from_numpy(np.ascontiguousarray(raw.x[chosen]))
    y = torch.from_numpy(np.ascontiguousarray(raw.y[chosen]))
    x_train = x[train].to(device)
    values = x_train.float()
    return Examples(
        x_train=x_train,
        y_train=y[train].to(device),
        x_val=x[val].to(device),
        y_val=y[val].to(device),
        mean=values.mean((0, 2, 3)).view(1, -1, 1, 1),
        std=values.std((0, 2, 3)).view(1, -1, 1, 1).clamp_min(1e-6),
        classes=raw.classes,
        hash=f"sha256:{digest}",
    )


def _read(dataset: Dataset, storage: StorageLocation | None, stop: StopFlag) -> RawData:
    if dataset.name == "digits":
        from nas_trial.data import digits

        return digits.read()
    if dataset.uri is None or storage is None:
        raise CandidateRejected("SpecInvalid", "task.dataset needs a name, or a uri together with storage")
    from nas_trial.data import source

    return source.read(dataset.uri, dataset.format, storage, stop)
