"""The examples: read from where the search says, checked, split, and put on the device.

The flow: `source` finds the files and the reader of their format (`npz`, `idx`, `folder`, `table_inputs`), which makes
`raw.RawData`; `targets` and `check` say whether it can be learned from; `split` divides it; `fitted` learns from the
training rows what makes tensors of all. The test split is read only when `Examples.test` is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from nas_core.api.task import Task
from nas_core.contract import MOST_WARNINGS, WARNING_LENGTH, StorageLocation
from nas_trial.data import check, source
from nas_trial.data.examples import Examples, Split
from nas_trial.data.fingerprints import Fingerprints, content_hash, fingerprints, groups
from nas_trial.data.preprocessing import Fitted, fit
from nas_trial.data.raw import Index, RawData
from nas_trial.data.split import Parts, Shares, divide
from nas_trial.data.targets import Targets, class_names, classes, numbers, strata
from nas_trial.errors import CandidateRejected, DatasetInvalid
from nas_trial.learning_tasks import Classification, LearningTask, Regression
from nas_trial.process.log import log
from nas_trial.process.stop import StopFlag

__all__ = ["Examples", "Split", "load"]


def load(task: Task, storage: StorageLocation | None, seed: int, device: torch.device, stop: StopFlag) -> Examples:
    """Read, check and split the data of a search.

    Raises:
        CandidateRejected: if the data cannot be learned from; the message names file, row, column and remedy.
        StorageUnavailable: if it could not be read for minutes.
    """
    data = source.read(task, storage, stop)
    names = () if task.type == "regression" else class_names(data, task)
    y = _targets(data, names)
    check.check_values(data)
    prints = fingerprints(data.inputs)
    same = groups(prints)
    parts = _divide(data, y, names, same, task, seed)
    fitted = fit(data, parts.train, task, outputs=max(1, len(names)))
    home = device if _fits(data, device) else torch.device("cpu")
    making = Making(fitted, home, device)
    warnings = [*check.oddities(data, parts.train), *check.repeated(data, y, same, parts.left_out)]
    for warning in warnings:
        log("data-warning", message=warning)
    used = np.concatenate([parts.train, parts.val])
    return Examples(
        train=making.split(data, y, parts.train),
        val=making.split(data, y, parts.val),
        signature=fitted.signature,
        scales={name: (mean.to(device), std.to(device)) for name, (mean, std) in fitted.scales.items()},
        task=_learning_task(task, y[parts.train], names, device),
        classes=names,
        hash=content_hash(data.inputs, y),
        # What a trial's result has room for; the log has all.
        warnings=tuple(warning[:WARNING_LENGTH] for warning in warnings[:MOST_WARNINGS]),
        read_test=making.test(data, y, parts.test, names, prints[used]),
    )


@dataclass(frozen=True)
class Making:
    """Makes splits of what was read."""

    fitted: Fitted
    home: torch.device
    """Where inputs are kept."""
    device: torch.device

    def split(self, data: RawData, y: Targets, rows: Index) -> Split:
        """Make a split of some examples."""
        inputs = {name: values.to(self.home) for name, values in self.fitted.inputs(data, rows).items()}
        return Split(inputs, torch.from_numpy(y[rows]).to(self.device))

    def test(
        self, data: RawData, y: Targets, rows: Index, names: tuple[str, ...], seen: Fingerprints
    ) -> Callable[[], Split | None]:
        """Return what makes the test split: of these rows, or else of what lies apart; it holds no other examples."""
        held = data.take(rows) if len(rows) else None
        apart, y_held = data.test, y[rows]

        def make() -> Split | None:
            if held is not None:
                return self.split(held, y_held, np.arange(len(held)))
            if apart is None:
                return None
            test = apart()
            check.check_values(test)
            known = {row.tobytes() for row in seen}
            new = np.array([row.tobytes() not in known for row in fingerprints(test.inputs)])
            if not new.all():
                left_out = f"{int((~new).sum())} of {len(new)} test rows repeat training rows and are left out"
                log("data-warning", message=f"{test.where}: {left_out}")
            return self.split(test, _targets(test, names), np.flatnonzero(new))

        return make


def _targets(data: RawData, names: tuple[str, ...]) -> Targets:
    return classes(data, names) if names else numbers(data)


def _divide(data: RawData, y: Targets, names: tuple[str, ...], same: Index, task: Task, seed: int) -> Parts:
    dataset = task.dataset
    given = data.given if data.given is not None else np.full(len(data), "train")
    if dataset.test_fraction and (data.test or (given == "test").any()):
        raise CandidateRejected(
            "SpecInvalid", f"task.dataset.testFraction: {data.where} comes with a test split; remove testFraction"
        )
    if dataset.max_examples is not None and dataset.max_examples < 2 * len(names):
        raise CandidateRejected(
            "SpecInvalid",
            f"task.dataset.maxExamples {dataset.max_examples} must be at least two for each of the "
            f"{len(names)} classes of {data.where}",
        )
    if names:
        check.check_classes(data, y, names, np.flatnonzero(given == "train"))
    test_fraction = float(dataset.test_fraction) if dataset.test_fraction else None
    shares = Shares(float(dataset.validation_fraction), test_fraction, dataset.max_examples)
    parts = divide(strata(y), same, given, shares, seed)
    if not len(parts.train) or not len(parts.val):
        raise DatasetInvalid(
            f"{data.where}: {len(parts.train)} examples are left to train on and {len(parts.val)} to validate, once "
            "those that repeat another are kept together; give more examples"
        )
    return parts


def _learning_task(task: Task, y: Targets, names: tuple[str, ...], device: torch.device) -> LearningTask:
    """Return the task, with what it needs to know of the training targets (N)."""
    if not names:
        return Regression(float(y.mean()), float(y.std()) or 1.0)
    if task.class_weights == "none":
        return Classification()
    counts = np.maximum(np.bincount(y, minlength=len(names)), 1)
    return Classification(torch.tensor(len(y) / (len(names) * counts), dtype=torch.float32, device=device))


def _fits(data: RawData, device: torch.device) -> bool:
    """Whether the inputs take at most half of the device's free memory; the network needs the rest."""
    size = sum(values.nbytes for values in data.inputs.values())
    return device.type != "cuda" or size <= torch.cuda.mem_get_info(device)[0] // 2
