"""From what a search says of its data to examples: the way into this package.

The flow: `prepared.remote` opens what a trial of work Prepare has made. Where there is none, `source` finds the files,
`readers` the reader of their format (`npz`, `idx`, `folder`, `table_inputs`), which makes `raw.RawData`, and
`prepared.make` makes the same on this machine's disk. From there on both are one: shards, which are read into memory
if they fit, else while training. The test split is read only when `Examples.test` is asked for.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nas_core.api.task import Task
from nas_core.contract import MOST_WARNINGS, WARNING_LENGTH, StorageLocation
from nas_model.inputs import scales_of
from nas_trial.data import source
from nas_trial.data.examples import Examples, InMemory, Split
from nas_trial.data.memory import memory_limit
from nas_trial.data.prepared.make import Maker
from nas_trial.data.prepared.prepared import Prepared
from nas_trial.data.prepared.remote import open_prepared
from nas_trial.data.prepared.shards import Shards
from nas_trial.data.streaming import Streamed
from nas_trial.errors import Stopped
from nas_trial.learning_tasks import learning_task
from nas_trial.process.device import cpu_limit
from nas_trial.process.log import log
from nas_trial.process.stop import StopFlag
from nas_trial.storage import open_bucket

READ_ROWS = 1024
"""Rows that are read into memory at a time."""


def load_examples(
    task: Task,
    storage: StorageLocation | None,
    seed: int,
    device: torch.device,
    stop: StopFlag,
    prepared: str | None = None,
    adapt: Callable[[Prepared], Prepared] | None = None,
) -> Examples:
    """Return the examples of a search: :func:`find_data`, then ``adapt``, opened by this process alone."""
    data = find_data(task, storage, seed, stop, prepared)
    return Opener(adapt(data) if adapt else data, task, device, stop).examples()


def find_data(
    task: Task, storage: StorageLocation | None, seed: int, stop: StopFlag, prepared: str | None = None
) -> Prepared:
    """Find the prepared data of a search, or read, check and divide the data first.

    Args:
        task: what the search says.
        storage: its storage.
        seed: of the division.
        stop: asks to stop.
        prepared: s3:// address of the prepared data; None: there is none.

    Raises:
        CandidateRejected: if the data cannot be learned from; the message names file, row, column and remedy.
        Stopped: if asked to stop while reading.
        StorageUnavailable: if it could not be read for minutes.
    """

    def alive(what: str, rows: int) -> None:
        if stop.is_set():
            raise Stopped

    if prepared is not None and storage is not None:
        bucket = prepared.removeprefix("s3://").partition("/")[0]
        data = open_prepared(storage, prepared, scratch(), open_bucket(storage, stop, bucket))
    else:
        data = Maker(task, seed, scratch(), alive).make(source.read(task, storage, stop)).prepared
        for warning in data.warnings:
            log("data-warning", message=warning)
    return data


def scratch() -> Path:
    """Return a new folder on this machine's disk, which is removed when this process ends."""
    directory = Path(tempfile.mkdtemp(prefix="nas-prepared-"))

    def remove(owner: int) -> None:
        # A process that was forked has this function too, and ends before the one that made the folder.
        if os.getpid() == owner:
            shutil.rmtree(directory, ignore_errors=True)

    atexit.register(remove, os.getpid())
    return directory


@dataclass(frozen=True)
class Opener:
    """Makes examples of a prepared data set."""

    data: Prepared
    task: Task
    device: torch.device
    stop: StopFlag
    processes: int = 1
    """That open it beside one another in this container, and share its processors and its memory."""

    def examples(self) -> Examples:
        """Return the examples."""
        data, preprocessing = self.data, self.data.preprocessing
        classes = preprocessing.classes
        train, val = self._splits([data.train, data.val], self._home(self._size))
        return Examples(
            train=train,
            val=val,
            signature=preprocessing.signature,
            scales=scales_of(preprocessing, self.device),
            task=learning_task(self.task, data.train.targets(), classes, self.device),
            classes=classes,
            hash=data.hash,
            preprocessing=preprocessing,
            # What a trial's result has room for; the log, or report.json, has all.
            warnings=tuple(warning[:WARNING_LENGTH] for warning in data.warnings[:MOST_WARNINGS]),
            read_test=self.read_test,
            read_together=self.read_together,
            baseline=data.baseline,
        )

    def read_together(self) -> NDArray[np.int64]:
        """Return what folds keep together (N) of the training, then the validation rows."""
        return np.concatenate([self.data.train.together(), self.data.val.together()])

    def read_test(self) -> Split | None:
        """Return the test split."""
        shards = self.data.read_test()
        # The other examples stay where they are.
        return None if shards is None else self._splits([shards], self._home(self._size + shards.nbytes))[0]

    @property
    def _size(self) -> int:
        """Bytes of the training and validation examples."""
        return self.data.train.nbytes + self.data.val.nbytes

    def _home(self, size: int) -> torch.device | None:
        """Return where inputs are kept that make so many bytes of all; None: they stay in their files."""
        if size * self.processes > memory_limit(self.task.dataset):
            return None
        if self.device.type != "cuda":
            return self.device
        # On a GPU at most half of what is free; networks need the rest.
        return self.device if size <= torch.cuda.mem_get_info(self.device)[0] // 2 else torch.device("cpu")

    def _splits(self, shards: Sequence[Shards], home: torch.device | None) -> list[Split]:
        """Return a split of each: in memory, where all share their tensors, or read while it is used."""
        targets = [torch.from_numpy(each.targets()).to(self.device) for each in shards]
        if home is None:
            return [Streamed(each, own, self._processors) for each, own in zip(shards, targets, strict=True)]
        inputs = {name: values.to(home) for name, values in self._whole(shards).items()}
        places = torch.split(torch.arange(sum(map(len, shards)), device=home), [len(each) for each in shards])
        return [InMemory(inputs, own, where) for own, where in zip(targets, places, strict=True)]

    @property
    def _processors(self) -> int:
        """Processors for reading, of those that the container's processes share."""
        return max(1, cpu_limit() // self.processes)

    def _whole(self, shards: Sequence[Shards]) -> dict[str, Tensor]:
        """Read the inputs of all, one behind the other; images are decoded side by side."""
        arrays = shards[0].empty(sum(map(len, shards)))

        def read(each: Shards, first: int, rows: np.ndarray) -> None:
            if self.stop.is_set():
                raise Stopped
            for name, values in each.read(rows).items():
                arrays[name][first + rows] = values

        with ThreadPoolExecutor(self._processors if shards[0].decoding else 1) as pool:
            first, running = 0, []
            for each in shards:
                running += [pool.submit(read, each, first, rows) for rows in _blocks(len(each))]
                first += len(each)
            for one in running:
                one.result()
        return {name: torch.from_numpy(values) for name, values in arrays.items()}


def _blocks(rows: int) -> Iterator[np.ndarray]:
    return (np.arange(start, min(start + READ_ROWS, rows)) for start in range(0, rows, READ_ROWS))
