"""A tabulated benchmark: a CSV with an architecture in each row and what was measured of it.

The architecture is written as its space writes it (`SearchSpace.text`); for NAS-Bench-201 that is the official
``arch_str``. Rows whose networks are isomorphic are twins: measured apart, they differ by the noise of training alone.
"""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from nas_core.api.trial import CandidateSpec
from nas_core.spaces import ArchitectureError, SearchSpace

ARCHITECTURE_COLUMNS = ("arch_str", "architecture")
Twins = Literal["raw", "mean"]


class TableError(ValueError):
    """A table cannot be used; the message names file, row and column."""


@dataclass(frozen=True)
class Table:
    """What was measured, by architecture."""

    space: SearchSpace
    twins: Twins
    """``raw``: each row has its own values; ``mean``: all twins have the means of theirs."""
    metrics: Mapping[str, Mapping[str, float]]
    """By the architecture's text (raw) or id (mean)."""

    def __call__(self, candidate: CandidateSpec) -> Mapping[str, float] | None:
        """Return the metrics of a candidate; None if it is not in the table, as if it had failed."""
        if self.twins == "mean":
            return self.metrics.get(candidate.id)
        return self.metrics.get(self.space.text(candidate.architecture))

    def best(self, metric: str, sign: float) -> float:
        """Return the best value there is of a metric; ``sign`` -1: less is better."""
        return sign * max(sign * row[metric] for row in self.metrics.values())


def read_table(path: Path, space: SearchSpace, columns: Sequence[str], twins: Twins) -> Table:
    """Read some columns of a table, compressed by gzip or not.

    Raises:
        TableError: if there is no such file or column, or a row is not of the space or has no number.
    """
    rows: dict[str, dict[str, float]] = {}
    of_id: dict[str, list[dict[str, float]]] = defaultdict(list)
    try:
        with gzip.open(path, "rt", newline="") if path.suffix == ".gz" else path.open(newline="") as file:
            reader = csv.DictReader(file)
            place = _architecture_column(path, reader.fieldnames or [], columns)
            for number, row in enumerate(reader, start=2):
                text, values = row[place], {}
                for column in columns:
                    try:
                        values[column] = float(row[column])
                    except (TypeError, ValueError):
                        raise TableError(f"{path}, line {number}: {column} is {row[column]!r}, not a number") from None
                rows[text] = values
                if twins == "mean":
                    try:
                        of_id[space.canonical_id(space.parse(text))].append(values)
                    except ArchitectureError as error:
                        raise TableError(f"{path}, line {number}: {error}") from error
    except OSError as error:
        raise TableError(f"{path}: {error.strerror or error}") from error
    if not rows:
        raise TableError(f"{path} has no rows")
    if twins == "raw":
        return Table(space, twins, rows)
    means = {
        identity: {column: sum(each[column] for each in found) / len(found) for column in columns}
        for identity, found in of_id.items()
    }
    return Table(space, twins, means)


def _architecture_column(path: Path, header: Sequence[str], columns: Sequence[str]) -> str:
    if missing := [column for column in columns if column not in header]:
        raise TableError(f"{path} has no column {missing[0]!r}; it has {', '.join(header)}")
    found = next((column for column in ARCHITECTURE_COLUMNS if column in header), None)
    if found is None:
        raise TableError(f"{path} has no column of architectures, {' or '.join(ARCHITECTURE_COLUMNS)}")
    return found
