"""The examples: read from where the search says, checked, split, and put on the device.

The test split of a data set that has one is never read by a search.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from nas_core.api.task import Dataset
from nas_core.contract import StorageLocation
from nas_trial.data.raw import RawData, check
from nas_trial.data.split import stratified_split, stratified_subset
from nas_trial.errors import CandidateRejected
from nas_trial.signature import ImageInput, Signature
from nas_trial.stop import StopFlag
from nas_trial.tasks import Classification, LearningTask

__all__ = ["Examples", "Split", "load"]

STATISTICS_CHUNK = 1024
"""Images that are widened to 64 bits at a time."""


@dataclass(frozen=True)
class Split:
    """Some of the examples, as they are kept: images as bytes perhaps. Targets (N) are on the device."""

    inputs: Mapping[str, Tensor]
    """By the names of `nas_trial.signature`; on the device unless they would fill it."""
    targets: Tensor
    """Classes as int64, or numbers as float32."""

    def __len__(self) -> int:
        return len(self.targets)


@dataclass(frozen=True)
class Examples:
    """The data of a search: what is trained on, what trials are judged by, and what networks are built for."""

    train: Split
    val: Split
    signature: Signature
    scales: Mapping[str, tuple[Tensor, Tensor]]
    """Mean and deviation over the training examples of each input that is standardised, on the device."""
    task: LearningTask
    classes: tuple[str, ...]
    """Names of the classes; empty for a regression."""
    hash: str
    """``sha256:…`` over the examples before any split."""

    def batch(self, split: Split, chosen: Tensor) -> tuple[dict[str, Tensor], Tensor]:
        """Return the chosen examples (n) as a network takes them, and their targets, on the device."""
        device = split.targets.device
        inputs = {}
        for name, values in split.inputs.items():
            found = values[chosen.to(values.device)].to(device, non_blocking=True)
            if scale := self.scales.get(name):
                mean, std = scale
                found = (found.float() - mean) / std
            inputs[name] = found
        return inputs, split.targets[chosen]


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
    digest = hashlib.sha256(np.ascontiguousarray(raw.x).data)
    digest.update(np.ascontiguousarray(raw.y).data)
    if dataset.max_examples is not None and dataset.max_examples < 2 * len(raw.classes):
        raise CandidateRejected(
            "SpecInvalid",
            f"task.dataset.maxExamples {dataset.max_examples} must be at least two for each of the "
            f"{len(raw.classes)} classes of {raw.where}",
        )
    chosen = stratified_subset(raw.y, dataset.max_examples, seed)
    train, val = stratified_split(raw.y[chosen], float(dataset.validation_fraction), seed)
    x = torch.from_numpy(np.ascontiguousarray(raw.x[chosen]))
    y = torch.from_numpy(np.ascontiguousarray(raw.y[chosen]))
    mean, std = _statistics(x[train])
    home = device if _fits(x, device) else torch.device("cpu")
    return Examples(
        train=Split({"image": x[train].to(home)}, y[train].to(device)),
        val=Split({"image": x[val].to(home)}, y[val].to(device)),
        signature=Signature(outputs=len(raw.classes), image=ImageInput(*x.shape[1:])),
        scales={"image": (mean.to(device), std.to(device))},
        task=Classification(),
        classes=raw.classes,
        hash=f"sha256:{digest.hexdigest()}",
    )


def _statistics(images: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean and deviation of each channel of images (N, C, H, W), as (1, C, 1, 1)."""
    count = 0
    total, squares = torch.zeros(2, images.shape[1], dtype=torch.float64)
    for start in range(0, len(images), STATISTICS_CHUNK):
        values = images[start : start + STATISTICS_CHUNK].double()
        count += values.numel() // values.shape[1]
        total += values.sum((0, 2, 3))
        squares += values.square().sum((0, 2, 3))
    mean = total / count
    std = (squares / count - mean.square()).clamp_min(0).sqrt()
    return mean.float().view(1, -1, 1, 1), std.float().view(1, -1, 1, 1).clamp_min(1e-6)


def _fits(images: Tensor, device: torch.device) -> bool:
    """Whether the images take at most half of the device's free memory; the network needs the rest."""
    return device.type != "cuda" or images.nbytes <= torch.cuda.mem_get_info(device)[0] // 2


def _read(dataset: Dataset, storage: StorageLocation | None, stop: StopFlag) -> RawData:
    if dataset.name == "digits":
        from nas_trial.data import digits

        return digits.read()
    if dataset.uri is None or storage is None:
        raise CandidateRejected("SpecInvalid", "task.dataset needs a name, or a uri together with storage")
    from nas_trial.data import source

    return source.read(dataset.uri, dataset.format, storage, stop)
