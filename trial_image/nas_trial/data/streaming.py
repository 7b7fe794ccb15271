"""Examples that stay in their files: read, decoded and brought to the device while the training computes.

The files are shards of rows (`nas_trial.data.prepared.shards`), which lie in random order already. An epoch takes the
shards in a new order, a window of some at a time, and the rows of a window shuffled together: so that few files are
read at once, whatever the size of the data, and that any two rows may meet in a batch over time. The order is a pure
function of (seed, epoch). This process holds the targets, and of the inputs no more than a few batches.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nas_trial.data.examples import Batch, Split, order_generator
from nas_trial.data.reading_ahead import SHARED_MEMORY, Host, by_processes, by_threads, processes_with_room
from nas_trial.data.to_device import to_device
from nas_trial.process.log import log

WINDOW = 8
"""Shards whose rows are shuffled together."""


class Source(Protocol):
    """Rows in shards, which can be sent to another process."""

    @property
    def starts(self) -> NDArray[np.int64]:
        """The first row of each shard."""

    @property
    def nbytes(self) -> int:
        """Bytes of all inputs, decoded."""

    @property
    def decoding(self) -> bool:
        """Whether reading takes a processor's time: then processes are worth their start."""

    def __len__(self) -> int: ...

    def read(self, rows: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
        """Return the inputs of rows (n), in the order given."""


@dataclass(frozen=True)
class Chain:
    """Sources one behind the other."""

    sources: tuple[Source, ...]

    @cached_property
    def _ends(self) -> NDArray[np.int64]:
        return np.cumsum([len(source) for source in self.sources])

    def __len__(self) -> int:
        return int(self._ends[-1])

    @property
    def starts(self) -> NDArray[np.int64]:
        """The first row of each shard."""
        first = [0, *self._ends[:-1]]
        return np.concatenate([source.starts + start for source, start in zip(self.sources, first, strict=True)])

    @property
    def nbytes(self) -> int:
        """Bytes of all inputs, decoded."""
        return sum(source.nbytes for source in self.sources)

    @property
    def decoding(self) -> bool:
        """Whether one of them decodes."""
        return any(source.decoding for source in self.sources)

    def read(self, rows: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
        """Return the inputs of rows (n), in the order given."""
        of_source = np.searchsorted(self._ends, rows, side="right")  # (n,)
        made: dict[str, NDArray[Any]] = {}
        for number in np.unique(of_source):
            here = np.flatnonzero(of_source == number)
            source = self.sources[number]
            for name, values in source.read(rows[here] - (self._ends[number] - len(source))).items():
                made.setdefault(name, np.empty((len(rows), *values.shape[1:]), values.dtype))[here] = values
        return made


@dataclass(frozen=True)
class Streamed(Split):
    """Examples in files."""

    source: Source
    targets: Tensor
    processors: int = 1
    """That reading may use, beside the training."""

    def order(self, seed: int, epoch: int) -> Tensor:
        """Return the order of an epoch (N), on the CPU."""
        generator = order_generator(seed, epoch)
        bounds = list(pairwise([*self.source.starts.tolist(), len(self)]))
        shards = torch.randperm(len(bounds), generator=generator).tolist()
        windows = []
        for start in range(0, len(shards), WINDOW):
            rows = torch.cat([torch.arange(*bounds[number]) for number in shards[start : start + WINDOW]])
            windows.append(rows[torch.randperm(len(rows), generator=generator)])
        return torch.cat(windows)

    def in_order(self) -> Tensor:
        """Return all rows (N), on the CPU."""
        return torch.arange(len(self))

    def batches(self, chosen: Sequence[Tensor]) -> Generator[Batch, None, None]:
        """Read the rows ahead.

        Raises:
            DatasetInvalid: if a file is damaged; the message names it.
        """
        device = self.targets.device
        read, pin = partial(read_rows, self.source), device.type == "cuda"
        largest = max(map(len, chosen), default=0) * (self.source.nbytes // max(1, len(self)))
        processes = processes_with_room(self.processors, largest) if self.source.decoding else 0
        if processes:
            found = by_processes(read, chosen, processes, pin)
        else:
            if self.source.decoding and self.processors > 1:
                log("data", message=f"{SHARED_MEMORY} is too small for batches of {largest} bytes: read by threads")
            found = by_threads(read, chosen, self.processors if self.source.decoding else 1, pin)
        with closing(to_device(found, device)) as on_device:
            for rows, inputs in on_device:
                yield Batch(inputs, self.targets[rows])

    def joined(self, other: Split) -> Streamed:
        """Return the examples of both."""
        assert isinstance(other, Streamed)
        source = Chain((self.source, other.source))
        return Streamed(source, torch.cat([self.targets, other.targets]), self.processors)


def read_rows(source: Source, rows: Tensor) -> Host:
    """Return the inputs of rows (n) in the host's memory."""
    return {name: torch.from_numpy(values) for name, values in source.read(rows.numpy()).items()}
