"""From what a search says of its data to examples on the device: the way into this package.

The flow: `source` finds the files, `readers` the reader of their format (`npz`, `idx`, `folder`, `table_inputs`), which
makes `raw.RawData`; `targets` and `check` say whether it can be learned from; `split` divides it; `preprocessing` is
fitted to the training rows; `split_builder` makes tensors. The test split is read only when `Examples.test` is asked
for.
"""

from __future__ import annotations

import numpy as np
import torch

from nas_core.api.task import Task
from nas_core.contract import MOST_WARNINGS, WARNING_LENGTH, StorageLocation
from nas_trial.data import check, source
from nas_trial.data.examples import Examples
from nas_trial.data.fingerprints import content_hash, fingerprints, groups
from nas_trial.data.preprocessing import fit
from nas_trial.data.raw import Index, RawData
from nas_trial.data.split import Division, Parts, divide
from nas_trial.data.split_builder import SplitBuilder
from nas_trial.data.targets import Targets, class_names, encode, strata
from nas_trial.errors import CandidateRejected
from nas_trial.learning_tasks import learning_task
from nas_trial.process.log import log
from nas_trial.process.stop import StopFlag


def load_examples(
    task: Task, storage: StorageLocation | None, seed: int, device: torch.device, stop: StopFlag
) -> Examples:
    """Read, check and split the data of a search.

    Raises:
        CandidateRejected: if the data cannot be learned from; the message names file, row, column and remedy.
        Stopped: if asked to stop while reading.
        StorageUnavailable: if it could not be read for minutes.
    """
    data = source.read(task, storage, stop)
    names = () if task.type == "regression" else class_names(data, task)
    y = encode(data, names)  # (N,)
    check.check_values(data)
    # Before the data is divided: examples that are the same go into one split.
    prints = fingerprints(data.inputs)
    same = groups(prints)
    parts = _divide(data, y, names, same, task, seed)
    # To the training rows alone: statistics of all rows would tell of those that judge. A regression has one output.
    preprocessing = fit(data, parts.train, task, outputs=max(1, len(names)))
    home = device if _fits(data, device) else torch.device("cpu")
    builder = SplitBuilder(preprocessing, names, home, device)
    warnings = [*check.find_oddities(data, parts.train), *check.repeated(data, y, same), *parts.warnings]
    for warning in warnings:
        log("data-warning", message=warning)
    used = np.concatenate([parts.train, parts.val])
    return Examples(
        train=builder.build(data, y, parts.train),
        val=builder.build(data, y, parts.val),
        signature=preprocessing.signature,
        scales={name: (mean.to(device), std.to(device)) for name, (mean, std) in preprocessing.scales.items()},
        task=learning_task(task, y[parts.train], names, device),
        classes=names,
        # Of all examples: it does not depend on how a trial divides them.
        hash=content_hash(data.inputs, y),
        # What a trial's result has room for; the log has all.
        warnings=tuple(warning[:WARNING_LENGTH] for warning in warnings[:MOST_WARNINGS]),
        read_test=builder.test_reader(data, y, parts.test, seen=prints[used]),
    )


def _divide(data: RawData, y: Targets, names: tuple[str, ...], same: Index, task: Task, seed: int) -> Parts:
    """Return the rows of the three splits; ``same`` (N) is equal for examples that repeat one another."""
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
    how = Division.of(dataset, data.inputs.keys(), data.where)
    return divide(strata(y), same, data.given, data.groups, data.times, how, seed)


def _fits(data: RawData, device: torch.device) -> bool:
    """Whether the inputs take at most half of the device's free memory; the network needs the rest."""
    size = sum(values.nbytes for values in data.inputs.values())
    return device.type != "cuda" or size <= torch.cuda.mem_get_info(device)[0] // 2
