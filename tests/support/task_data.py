"""The examples of a search as the trainer divides them, not yet made into tensors: what baselines are given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from nas_core.api.task import Task
from nas_trial.data import source
from nas_trial.data.fingerprints import ContentHash, fingerprints, groups
from nas_trial.data.split import Division, divide
from nas_trial.data.targets import class_names, classes, strata
from nas_trial.learning_tasks import Classification
from nas_trial.process.stop import StopFlag


@dataclass(frozen=True)
class Part:
    """Some examples."""

    inputs: Mapping[str, NDArray[Any]]
    """As of `nas_trial.data.raw.RawData`."""
    y: NDArray[np.int64]


@dataclass(frozen=True)
class Parts:
    """What retraining learns from, training and validation, and the test split that it is judged by."""

    learned: Part
    test: Part
    hash: str
    """As a trial records it."""


def read(task: Task, seed: int) -> Parts:
    """Read and divide a task's data, which is a folder here, as all trials of a search with this seed do."""
    raw = source.read(task, None, StopFlag())
    names = class_names(raw, task)
    y = classes(raw, names)
    how = Division.of(task.dataset, raw.inputs, raw.where)
    parts = divide(
        strata(y), groups(fingerprints(raw.inputs, raw.categories)), raw.given, raw.groups, raw.times, how, seed
    )
    used = np.concatenate([parts.train, parts.val])
    if raw.test:
        apart = raw.test()
        test = Part(apart.inputs, classes(apart, names))
    else:
        test = Part(raw.take(parts.test).inputs, y[parts.test])
    content = ContentHash(raw.categories)
    content.add(raw.inputs)
    return Parts(Part(raw.take(used).inputs, y[used]), test, content.of(y, names))


def metrics(scores: NDArray[np.float64], y: NDArray[np.int64]) -> dict[str, float]:
    """Return what the trainer would report of these scores (M, classes)."""
    return Classification().metrics(torch.from_numpy(scores), torch.from_numpy(y))
