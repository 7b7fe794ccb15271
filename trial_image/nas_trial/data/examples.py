"""Examples as they are trained on: what the loop, the judging and the proxies see of the data, wherever it lies.

A :class:`Split` gives batches; :class:`InMemory` picks them from tensors, `nas_trial.data.streaming` reads them from
files. Rows are numbered from 0 within a split. The order of an epoch is a pure function of (seed, epoch), so that
training goes on at any step as if it had never been stopped.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nas_core.api.trial import Baseline
from nas_model.inputs import Scales, network_inputs
from nas_model.preprocessing.forms import Preprocessing
from nas_model.signature import Signature
from nas_trial.data.folds import folds
from nas_trial.data.reading_ahead import by_threads
from nas_trial.data.targets import strata
from nas_trial.data.to_device import to_device
from nas_trial.errors import CandidateRejected
from nas_trial.learning_tasks import LearningTask


@dataclass(frozen=True)
class Batch:
    """Some examples (n), on the device."""

    rows: Mapping[str, Tensor]
    """Inputs by the names of `nas_model.signature`, as they are kept: images as bytes perhaps."""
    targets: Tensor
    """(n), or (n, outputs)."""

    def __len__(self) -> int:
        return len(self.targets)

    def part(self, start: int, end: int) -> Batch:
        """Return the examples from one place up to another."""
        return Batch({name: values[start:end] for name, values in self.rows.items()}, self.targets[start:end])

    def parts(self, count: int) -> list[Batch]:
        """Return ``count`` parts in order, of sizes that differ by one at most."""
        ends = [len(self) * number // count for number in range(count + 1)]
        return [self.part(start, end) for start, end in pairwise(ends)]


class Split(ABC):
    """N examples."""

    targets: Tensor
    """On the device: classes as int64, or numbers as float32; (N), or (N, outputs)."""

    def __len__(self) -> int:
        return len(self.targets)

    @abstractmethod
    def order(self, seed: int, epoch: int) -> Tensor:
        """Return the order in which an epoch goes through all rows (N): the same for the same seed and epoch."""

    @abstractmethod
    def in_order(self) -> Tensor:
        """Return all rows as they lie (N): the order that costs least."""

    @abstractmethod
    def batches(self, chosen: Sequence[Tensor]) -> Generator[Batch, None, None]:
        """Yield one batch for each tensor of rows: parts of what :meth:`order` or :meth:`in_order` returned.

        To be closed if it is not read to its end: more batches may be on their way.
        """

    def chosen(self, rows: Tensor) -> Split:
        """Return some of the examples, by their rows (n).

        Raises:
            CandidateRejected: if they are not in memory.
        """
        raise CandidateRejected(
            "SpecInvalid",
            "evaluation.folds is for data that fit into memory; raise task.dataset.memoryLimit, or remove folds",
        )

    @abstractmethod
    def joined(self, other: Split) -> Split:
        """Return the examples of both, those of the other, which lies as this one does, behind."""


@dataclass(frozen=True)
class InMemory(Split):
    """Examples in tensors, which several splits may share: what joins or divides splits copies no inputs."""

    inputs: Mapping[str, Tensor]
    """Of M >= N examples, as they are kept; all on the device, or all in the host's memory if they would fill it."""
    targets: Tensor
    places: Tensor | None = None
    """Where in the inputs each example is (N), which is where the inputs are; None: they are these examples."""

    @property
    def home(self) -> torch.device:
        """Where the inputs are."""
        return next(iter(self.inputs.values())).device

    def order(self, seed: int, epoch: int) -> Tensor:
        """Return a random order (N), where the inputs are."""
        # Drawn on the CPU: a GPU would draw another order from the same seed.
        return torch.randperm(len(self), generator=order_generator(seed, epoch)).to(self.home)

    def in_order(self) -> Tensor:
        """Return all rows (N), where the inputs are."""
        return torch.arange(len(self), device=self.home)

    def batches(self, chosen: Sequence[Tensor]) -> Generator[Batch, None, None]:
        """Pick the rows."""
        device = self.targets.device
        if self.home == device:
            for rows in chosen:
                yield Batch(self._pick(rows), self.targets[rows])
            return
        with closing(to_device(by_threads(self._pick, chosen, threads=1, pin=True), device)) as on_device:
            for rows, inputs in on_device:
                yield Batch(inputs, self.targets[rows])

    def _pick(self, rows: Tensor) -> dict[str, Tensor]:
        places = self._at(rows)
        return {name: values[places] for name, values in self.inputs.items()}

    def _at(self, rows: Tensor) -> Tensor:
        return rows if self.places is None else self.places[rows]

    def chosen(self, rows: Tensor) -> InMemory:
        """Return some of the examples."""
        return InMemory(self.inputs, self.targets[rows.to(self.targets.device)], self._at(rows.to(self.home)))

    def joined(self, other: Split) -> InMemory:
        """Return the examples of both, which lie in the same tensors."""
        assert isinstance(other, InMemory) and other.inputs is self.inputs
        places = torch.cat([self._at(self.in_order()), other._at(other.in_order())])
        return InMemory(self.inputs, torch.cat([self.targets, other.targets]), places)


def order_generator(seed: int, epoch: int) -> torch.Generator:
    """Return what draws the order of an epoch."""
    return torch.Generator().manual_seed(seed * 1_000_003 + epoch)


def each_alone() -> NDArray[np.int64] | None:
    """Return None: nothing says which rows are kept together."""
    return None


def no_test() -> None:
    """Return None: there is no test split. A named function, because a lambda cannot be sent to another process."""


@dataclass(frozen=True)
class Examples:
    """The data of a search: what is trained on, what trials are judged by, and what networks are built for."""

    train: Split
    val: Split
    signature: Signature
    scales: Scales
    """Those of inputs that are standardised batch by batch, on the device."""
    task: LearningTask
    classes: tuple[str, ...]
    """Names of the classes; empty for a regression."""
    hash: str
    """``sha256:…`` over the examples before any split."""
    preprocessing: Preprocessing | None = None
    """How raw inputs became these, which a model's bundle carries; None: they were made without files."""
    warnings: tuple[str, ...] = ()
    """What is odd about the data, for people."""
    baseline: tuple[Baseline, ...] = ()
    """What simple models reach on the same splits, if that is known."""
    judged: str = "val"
    """What ``val`` is, as the metrics on it are named: ``val_accuracy``, ``test_accuracy``."""
    read_together: Callable[[], NDArray[np.int64] | None] = each_alone
    """Returns numbers (N) of the training, then the validation rows, equal for those that folds keep together."""
    fold_of: NDArray[np.int64] | None = None
    """The fold (N) of each training, then each validation row; None: there is no cross-validation."""
    held_out: Split | None = None
    """The test split of a retraining that chooses its epoch by ``val``: the chosen epoch is judged by it too."""
    read_test: Callable[[], Split | None] = no_test

    @cached_property
    def test(self) -> Split | None:
        """The test split, read when first asked for: never in a search, only by what judges the winner of one.

        None: there is none, neither in the data nor by task.dataset.testFraction.
        """
        return self.read_test()

    def for_retraining(self, *, choosing: bool = False) -> Examples:
        """Return what an architecture is trained on in full: all but the test split, which it is judged by.

        ``choosing``: an epoch is chosen among all, for which the validation examples are held back as in the search; to
        choose it by the test split would make that an optimistic number. Where there is no test split the architecture
        is trained and judged as in the search.
        """
        test = self.test
        if test is None:
            return self
        if choosing:
            return replace(self, held_out=test, read_test=lambda: test)
        whole = self.train.joined(self.val)
        return replace(self, train=whole, val=test, judged="test", read_test=lambda: test)

    def in_folds(self, count: int, seed: int) -> Examples:
        """Return the same with training and validation rows divided into folds.

        Raises:
            CandidateRejected: if there is too little for so many folds.
        """
        targets = torch.cat([self.train.targets, self.val.targets]).cpu().numpy()
        return replace(self, fold_of=folds(strata(targets), self.read_together(), count, seed))

    def in_fold(self, number: int) -> Examples:
        """Return the examples with one fold as the validation split and all others as the training split.

        Inputs stay standardised, and words and categories known, by the training rows of the search.

        Raises:
            CandidateRejected: if the examples are not in memory.
        """
        assert self.fold_of is not None
        whole, validating = self.train.joined(self.val), torch.from_numpy(self.fold_of == number)
        train, val = (whole.chosen(rows.nonzero()[:, 0]) for rows in (~validating, validating))
        return replace(self, train=train, val=val, fold_of=None)

    def inputs(self, batch: Batch) -> dict[str, Tensor]:
        """Return a batch's inputs as a network takes them."""
        return network_inputs(batch.rows, self.scales)
