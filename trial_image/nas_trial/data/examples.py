"""Examples as they are trained on: tensors, on the device unless they would fill it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor

from nas_trial.data_signature import Signature
from nas_trial.learning_tasks import LearningTask


@dataclass(frozen=True)
class Split:
    """Some of the examples, as they are kept: images as bytes perhaps. Targets (N) are on the device."""

    inputs: Mapping[str, Tensor]
    """By the names of `nas_trial.data_signature`; on the device unless they would fill it."""
    targets: Tensor
    """Classes as int64, or numbers as float32."""

    def __len__(self) -> int:
        return len(self.targets)


def no_test() -> None:
    """Return None: there is no test split. A named function, because a lambda cannot be sent to another process."""


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
    warnings: tuple[str, ...] = ()
    """What is odd about the data, for people."""
    judged: str = "val"
    """What ``val`` is, as the metrics on it are named: ``val_accuracy``, ``test_accuracy``."""
    read_test: Callable[[], Split | None] = no_test

    @cached_property
    def test(self) -> Split | None:
        """The test split, read when first asked for: never in a search, only by what judges the winner of one.

        None: there is none, neither in the data nor by task.dataset.testFraction.
        """
        return self.read_test()

    def for_retraining(self) -> Examples:
        """Return what an architecture is trained on in full: all but the test split, which it is judged by.

        Where there is no test split it is trained and judged as in the search.
        """
        test = self.test
        if test is None:
            return self
        inputs = {name: torch.cat([values, self.val.inputs[name]]) for name, values in self.train.inputs.items()}
        whole = Split(inputs, torch.cat([self.train.targets, self.val.targets]))
        return replace(self, train=whole, val=test, judged="test", read_test=lambda: test)

    def batch(self, split: Split, chosen: Tensor) -> tuple[dict[str, Tensor], Tensor]:
        """Return the chosen examples (n) as a network takes them, and their targets, on the device."""
        device = split.targets.device
        inputs = {}
        for name, values in split.inputs.items():
            # Inputs that would fill the GPU stay in the host's memory; the chosen numbers come from the device.
            rows = values[chosen.to(values.device)].to(device, non_blocking=True)
            # Standardised batch by batch: as bytes, images take a quarter of the memory.
            if scale := self.scales.get(name):
                mean, std = scale
                rows = (rows.float() - mean) / std
            # Codes are kept as int32, half the memory; networks get int64.
            inputs[name] = rows.long() if rows.dtype == torch.int32 else rows
        return inputs, split.targets[chosen]
