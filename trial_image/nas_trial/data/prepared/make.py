"""Makes a prepared data set in a folder: spool, division, preprocessing, shards.

Memory is bounded whatever the number of examples: of each there are a few numbers (its target, fingerprint, split), of
the rest one piece or one shard at a time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nas_core.api.task import Task
from nas_core.table_values import classes_alike
from nas_model.preprocessing.forms import ClassesForm, Preprocessing
from nas_trial.data import check
from nas_trial.data.fingerprints import groups
from nas_trial.data.prepared.arrow_file import BYTES, Column, Values
from nas_trial.data.prepared.columns import columns_of
from nas_trial.data.prepared.fit import fit, numbers_form
from nas_trial.data.prepared.oddities import giveaways, unknown_words
from nas_trial.data.prepared.prepared import Prepared
from nas_trial.data.prepared.shards import ROW, TARGET, TOGETHER, Shards
from nas_trial.data.prepared.spool import Spool, spool
from nas_trial.data.prepared.writer import write_shards
from nas_trial.data.raw import Index, RawData
from nas_trial.data.scratch import room_for
from nas_trial.data.split import Division, Parts, divide
from nas_trial.data.targets import Targets, class_names, encode, strata
from nas_trial.errors import CandidateRejected, DatasetInvalid
from nas_trial.process.log import log

SPOOL = "spool.arrow"
SHARD_BYTES = 64 << 20
ORDER = 4
"""Random numbers of the order of training rows; `nas_trial.data.split` has those before it."""

Alive = Callable[[str, int], None]
"""Told what is done and for how many rows so far, often; it may raise to stop."""


@dataclass(frozen=True)
class HeldOut:
    """The test split, and what is odd about it."""

    shards: Shards
    repeating: int
    """Rows that equal rows which are trained on."""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Made:
    """A data set that was prepared just now, with what it was made from."""

    prepared: Prepared
    spool: Spool
    targets: Targets
    same: Index
    """(N), equal for examples that are equal."""
    parts: Parts
    held_out: Callable[[], HeldOut | None]
    """Returns the test split, which is read only then; None: there is none."""


@dataclass(frozen=True)
class Maker:
    """Makes the data set of a task in a folder."""

    task: Task
    seed: int
    directory: Path
    alive: Alive

    def make(self, data: RawData) -> Made:
        """Read, check, divide and write the examples; a test split that lies apart is read when it is asked for.

        Raises:
            CandidateRejected: if the data cannot be learned from; the message names file, row, column and remedy.
        """
        with room_for(data.where, self.directory):
            return self._make(data)

    def _make(self, data: RawData) -> Made:
        names = () if self.task.type == "regression" else class_names(data, self.task)
        y = encode(data, names, several=self.task.multi_label)  # (N) or (N, outputs)
        read = spool(data, self.directory / SPOOL, lambda rows: self.alive("read", rows))
        same = groups(read.prints)
        check.check_different(data, same)
        parts = self._divide(data, y, names, same, read)
        target = (
            ClassesForm(kind="labels" if self.task.multi_label else "classes", names=names)
            if names
            else numbers_form(y[parts.train], tuple((data.columns or {}).get("target", ())))
        )
        # To the training rows alone: statistics of all rows would tell of those that judge.
        fitted = fit(read, parts.train, target, self.task)
        preprocessing = fitted.preprocessing
        order = np.random.default_rng([self.seed, ORDER]).permutation(len(parts.train))
        train = self._write("train", preprocessing, read, y, parts.train[order], parts.together)
        val = self._write("val", preprocessing, read, y, parts.val, parts.together)
        held_out = self._held_out(preprocessing, read, y, parts)
        prepared = Prepared(
            preprocessing,
            train,
            val,
            read.content.of(y, names),
            (
                *(f"{data.where}: {warning}" for warning in data.warnings),
                *fitted.oddities,
                *check.repeated(data, y, same),
                *check.dark(data, read.brightest),
                *parts.warnings,
                *(f"{data.where}: {said}" for said in classes_alike(names)),
                *giveaways(read, y, parts.train, names),
                *unknown_words(data.where, val),
            ),
            partial(_shards, held_out),
        )
        # It is half of what lies on the disk.
        (self.directory / SPOOL).unlink()
        return Made(prepared, read, y, same, parts, held_out)

    def _divide(self, data: RawData, y: Targets, names: tuple[str, ...], same: Index, read: Spool) -> Parts:
        """Return the rows of the three splits."""
        dataset = self.task.dataset
        given = data.given
        marked = given is not None and bool((given == "test").any())
        if marked and data.test:
            raise DatasetInvalid(
                f"{data.where}: has rows marked as test, and a test split in files of its own; give one of them"
            )
        if dataset.test_fraction and (data.test or marked):
            raise CandidateRejected(
                "SpecInvalid", f"task.dataset.testFraction: {data.where} comes with a test split; remove testFraction"
            )
        if dataset.max_examples is not None and dataset.max_examples < 2 * len(names):
            raise CandidateRejected(
                "SpecInvalid",
                f"task.dataset.maxExamples {dataset.max_examples} must be at least two for each of the "
                f"{len(names)} classes of {data.where}",
            )
        if names and not self.task.multi_label:
            rows = np.arange(len(y)) if given is None else np.flatnonzero(given == "train")
            check.check_classes(data, y, names, rows)
        how = Division.of(dataset, [column.name for column in read.columns], data.where)
        return divide(strata(y), same, given, data.groups, data.times, how, self.seed)

    def _write(
        self,
        split: str,
        preprocessing: Preprocessing,
        read: Spool,
        y: Targets,
        rows: Index,
        together: Index | None = None,
    ) -> Shards:
        target = _target(y)
        inputs = _columns(preprocessing, read)
        # Of long texts the tokens are little, but a shard's texts are in memory before they are that.
        size = max(1, SHARD_BYTES // max(_row_bytes(inputs, read), read.file.nbytes // len(read)))
        together = np.arange(len(read)) if together is None else together
        values = self._values(preprocessing, read, y, rows, together, size)
        return write_shards(self.directory, split, inputs, target, values)

    def _values(
        self, preprocessing: Preprocessing, read: Spool, y: Targets, rows: Index, together: Index, size: int
    ) -> Iterator[Values]:
        for start in range(0, len(rows), size):
            chosen = rows[start : start + size]
            made = preprocessing.arrays(read.read(chosen), read.data.categories)
            self.alive("written", start + len(chosen))
            yield {**made, TARGET: y[chosen], ROW: chosen, TOGETHER: together[chosen]}

    def _held_out(
        self, preprocessing: Preprocessing, read: Spool, y: Targets, parts: Parts
    ) -> Callable[[], HeldOut | None]:
        seen = read.prints[np.concatenate([parts.train, parts.val])]
        if len(parts.test):
            repeating = int(np.isin(read.prints[parts.test], seen).sum())
            # The division has warned of it.
            held = HeldOut(self._write("test", preprocessing, read, y, parts.test), repeating)
            return lambda: held
        # Taken now, so that what is returned does not hold the other examples.
        read_apart, columns = read.data.test, (*read.columns, _target(y))

        @cache
        def apart() -> HeldOut | None:
            return self._apart(preprocessing, read_apart(), columns, seen) if read_apart else None

        return apart

    def _apart(
        self, preprocessing: Preprocessing, data: RawData, columns: tuple[Column, ...], seen: NDArray[np.uint64]
    ) -> HeldOut:
        y = encode(data, preprocessing.classes, several=self.task.multi_label)
        path = self.directory / "test-spool.arrow"
        with room_for(data.where, self.directory):
            read = spool(data, path, lambda rows: self.alive("read of test", rows))
        for column, other in zip(columns, (*read.columns, _target(y)), strict=True):
            if column != other:
                raise DatasetInvalid(
                    f"{data.where}: a test example has {_worded(other)}, a training example {_worded(column)}; give "
                    "both one shape and type"
                )
        warnings: tuple[str, ...] = ()
        if repeating := int(np.isin(read.prints, seen).sum()):
            warnings = (f"{data.where}: {repeating} of {len(read)} test rows equal rows that are trained on",)
            log("data-warning", message=warnings[0])
        with room_for(data.where, self.directory):
            held = HeldOut(self._write("test", preprocessing, read, y, np.arange(len(read))), repeating, warnings)
        path.unlink()
        return held


def _shards(held_out: Callable[[], HeldOut | None]) -> Shards | None:
    held = held_out()
    return held.shards if held else None


def _columns(preprocessing: Preprocessing, read: Spool) -> tuple[Column, ...]:
    """Return the inputs as shards keep them: images as the spool has them."""
    image = read.column("image")
    return tuple(
        image if column.name == "image" and image is not None else column for column in columns_of(preprocessing)
    )


def _target(y: Targets) -> Column:
    return Column(TARGET, y.dtype.name, y.shape[1:])


def _worded(column: Column) -> str:
    kind = "uint8" if column.type == BYTES else column.type  # only images of bytes are kept as files
    return f"{column.name} of shape {column.shape} and type {kind}"


def _row_bytes(columns: tuple[Column, ...], read: Spool) -> int:
    size = 16  # target and row
    for column in columns:
        if column.type == BYTES:
            size += read.file.nbytes // len(read)
        else:
            size += math.prod(column.shape) * np.dtype(column.type).itemsize
    return size
