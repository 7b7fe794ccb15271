"""A tabulated benchmark: a CSV with an architecture in each row and what was measured of it.

The architecture is written as `nas_core.tabulated` knows it, as a digit a decision, or as a column a decision. Rows
whose networks are isomorphic are twins: measured apart, they differ by the noise of training alone. A table that has a
row a network, not an encoding, has no twins: they are one.
"""

from __future__ import annotations

import contextlib
import csv
import gzip
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from statistics import fmean
from typing import Literal

import numpy as np

from nas_core.spaces import Architecture, ArchitectureError, SearchSpace
from nas_core.tabulated import TEXT_COLUMNS, naming

DIGITS = 36
"""Values that a digit can tell apart: 0-9, then a-z."""
Twins = Literal["raw", "mean"]
Row = Mapping[str, str]


class TableError(ValueError):
    """A table cannot be used; the message names file, row and column."""


@dataclass(frozen=True)
class Table:
    """What was measured, by architecture."""

    space: SearchSpace
    twins: Twins
    """``raw``: each row has its own values; ``mean``: all twins have the means of theirs, as if they were one."""
    metrics: Mapping[str, Mapping[str, float]]
    """By the architecture's text (raw) or id (mean)."""

    def look_up(self, architecture: Architecture) -> Mapping[str, float] | None:
        """Return the metrics of an architecture; None if it is not in the table, as if it had failed."""
        if self.space.fault(architecture) is not None:
            return None
        key = self.space.text if self.twins == "raw" else self.space.canonical_id
        return self.metrics.get(key(architecture))

    def share(self, draws: int = 200) -> float:
        """Return how much of its space the table has, as a share of some random architectures."""
        rng = np.random.default_rng(0)
        return sum(self.look_up(self.space.sample(rng)) is not None for _ in range(draws)) / draws

    def best(self, metric: str, sign: float) -> float:
        """Return the best value there is of a metric; ``sign`` -1: less is better."""
        return sign * max(sign * row[metric] for row in self.metrics.values())


def read_table(
    paths: Sequence[Path], space: SearchSpace, columns: Sequence[str], twins: Twins, encoding: str | None = None
) -> Table:
    """Read some columns of a table that one or more files hold together, compressed by gzip or not.

    Args:
        paths: the first has the architectures; further ones are joined to it by the first of their columns that it has.
        space: what the architectures are of.
        columns: what to read; one with ``*`` is the mean of all columns that it matches, such as ``val_acc_s*``.
        twins: whether isomorphic architectures share their mean.
        encoding: the column with a digit for each decision, the place of its value among the decision's; None: the
            first file has a column that `nas_core.tabulated` knows, or one for each decision.

    Raises:
        TableError: if there is no such file or column, or a row is not of the space or has no number.
    """
    found: dict[str, list[dict[str, float]]] = defaultdict(list)
    first, *others = paths
    with _opened(first) as reader:
        header = list(reader.fieldnames or [])
        key_of, twins = _key(first, space, header, twins, encoding)
        joined = [_joined(path, header) for path in others]
        names = _matches(paths, columns, [*header, *(name for other in joined for name in other.header)])
        for number, row in enumerate(reader, start=2):
            where = f"{first}, line {number}"
            whole = _whole(where, row, joined)
            try:
                key = key_of(row)
            except ArchitectureError as error:
                raise TableError(f"{where}: {error}") from error
            found[key].append(
                {column: fmean(_number(where, whole, each) for each in names[column]) for column in columns}
            )
    if not found:
        raise TableError(f"{first} has no rows")
    return Table(space, twins, {key: _mean(rows, columns) if len(rows) > 1 else rows[0] for key, rows in found.items()})


def _mean(rows: Sequence[Mapping[str, float]], columns: Sequence[str]) -> dict[str, float]:
    return {column: fmean(row[column] for row in rows) for column in columns}


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[csv.DictReader[str]]:
    try:
        with gzip.open(path, "rt", newline="") if path.suffix == ".gz" else path.open(newline="") as file:
            yield csv.DictReader(file)
    except OSError as error:
        raise TableError(f"{path}: {error.strerror or error}") from error


@dataclass(frozen=True)
class _Joined:
    path: Path
    by: str
    """The column that the first file has too."""
    header: Sequence[str]
    rows: Mapping[str, Row]


def _joined(path: Path, header: Sequence[str]) -> _Joined:
    with _opened(path) as reader:
        own = list(reader.fieldnames or [])
        by = next((name for name in own if name in header), None)
        if by is None:
            raise TableError(f"{path} has no column to join it by: none of {', '.join(own)} is in the first table")
        return _Joined(path, by, own, {row[by]: row for row in reader})


def _whole(where: str, row: Row, joined: Sequence[_Joined]) -> Row:
    whole = dict(row)
    for other in joined:
        if row[other.by] not in other.rows:
            raise TableError(f"{where}: {other.path} has no row with {other.by} {row[other.by]!r}")
        whole = {**other.rows[row[other.by]], **whole}
    return whole


def _matches(paths: Sequence[Path], columns: Sequence[str], header: Sequence[str]) -> Mapping[str, list[str]]:
    """Return the columns that each of those asked for stands for."""
    found = {column: [name for name in dict.fromkeys(header) if fnmatchcase(name, column)] for column in columns}
    if missing := [column for column, names in found.items() if not names]:
        files = " and ".join(map(str, paths))
        raise TableError(f"{files}: no column {missing[0]!r}; there are {', '.join(dict.fromkeys(header))}")
    return found


def _number(where: str, row: Row, column: str) -> float:
    try:
        return float(row[column])
    except (TypeError, ValueError):
        raise TableError(f"{where}: {column} is {row[column]!r}, not a number") from None


def _key(
    path: Path, space: SearchSpace, header: Sequence[str], twins: Twins, encoding: str | None
) -> tuple[Callable[[Row], str], Twins]:
    """Return how a row's architecture is found and turned into the key of the table, and what that makes of twins."""
    key = space.text if twins == "raw" else space.canonical_id
    if encoding is not None:
        if encoding not in header:
            raise TableError(f"{path} has no column {encoding!r}; it has {', '.join(header)}")
        read = _digits(space)
        return (lambda row: key(read(row[encoding]))), twins
    if named := naming(space, header):
        column = named.column
        if named.by_network:
            return (lambda row: space.id_of(row[column])), "mean"
        return (lambda row: row[column]) if twins == "raw" else (lambda row: key(space.parse(row[column]))), twins
    if all(decision.name in header for decision in space.decisions):
        return (lambda row: key(_checked(space, {d.name: row[d.name] for d in space.decisions}))), twins
    raise TableError(
        f"{path} has no column of architectures, {' or '.join(TEXT_COLUMNS)}, and none for each decision of "
        f"{space.name}; name one that has a digit a decision by --encoding"
    )


def _digits(space: SearchSpace) -> Callable[[str], Architecture]:
    """Return how an architecture is read that is written as a digit a decision."""
    if wide := [d.name for d in space.decisions if d.count is None or d.count > DIGITS]:
        raise TableError(f"decision {wide[0]!r} of {space.name} has more than {DIGITS} values: too many for a digit")
    values = {decision.name: list(decision.values()) for decision in space.decisions}

    def read(text: str) -> Architecture:
        if len(text) != len(values):
            raise ArchitectureError(f"{text!r} has {len(text)} digits; {space.name} has {len(values)} decisions")
        chosen = {}
        for digit, (name, those) in zip(text, values.items(), strict=True):
            place = int(digit, DIGITS) if digit.isalnum() and digit.isascii() else DIGITS
            if place >= len(those):
                raise ArchitectureError(f"{digit!r} in {text!r} is no value of {name}, which has {len(those)}")
            chosen[name] = those[place]
        return _checked(space, chosen)

    return read


def _checked(space: SearchSpace, values: Architecture) -> Architecture:
    """Return the decisions that apply, if they are of the space."""
    applying: dict[str, str] = {}
    for decision in space.decisions:
        if decision.when is None or applying.get(decision.when.decision) in decision.when.values:
            applying[decision.name] = values[decision.name]
    space.validate(applying)
    return applying
