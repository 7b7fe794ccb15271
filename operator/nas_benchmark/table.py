"""A tabulated benchmark: a CSV with an architecture in each row and what was measured of it.

The architecture is written as `nas_core.table_format` knows it, as a digit a decision, or as a column a decision. Rows
whose networks are isomorphic, but not their encodings, are twins: measured apart, they differ by the noise of training
alone. A table that has a row a network, not an encoding, has no twins: they are one. Several rows of the same encoding
are one as well, with the mean of their numbers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from statistics import fmean, median
from typing import Literal

import numpy as np

from nas_core.api.strategy import Objective
from nas_core.objectives import best_value
from nas_core.spaces import Architecture, ArchitectureError, SearchSpace
from nas_core.table_format import TEXT_COLUMNS, Line, TableError, naming, number, read_csv

DIGITS = 36
"""Values that a digit can tell apart: 0-9, then a-z."""
Twins = Literal["raw", "mean"]


@dataclass(frozen=True)
class Table:
    """What was measured, by architecture."""

    space: SearchSpace
    twins: Twins
    """``raw``: each encoding has its own values; ``mean``: twins have the means of all their rows, as if one."""
    metrics: Mapping[str, Mapping[str, float]]
    """By the architecture's text (raw) or id (mean)."""

    def look_up(self, architecture: Architecture) -> Mapping[str, float] | None:
        """Return the metrics of an architecture; None if it is not in the table, as if it had failed."""
        # A library may ask for what is none of the space's architectures; such a query fails.
        if self.space.fault(architecture) is not None:
            return None
        key = self.space.text if self.twins == "raw" else self.space.canonical_id
        return self.metrics.get(key(architecture))

    def share(self, draws: int = 200) -> float:
        """Return how much of its space the table has, as a share of some random architectures."""
        # Always the same draws: a table near the limit is not refused at times.
        rng = np.random.default_rng(0)
        return sum(self.look_up(self.space.sample(rng)) is not None for _ in range(draws)) / draws

    def median(self, objective: Objective) -> float:
        """Return the median of an objective's values in the table."""
        return median(row[objective.metric] for row in self.metrics.values())

    def best(self, objective: Objective) -> float:
        """Return the best value of an objective in the table."""
        return best_value(objective, (row[objective.metric] for row in self.metrics.values()))


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
            first file has a column that `nas_core.table_format` knows, or one for each decision.

    Raises:
        TableError: if there is no such file or column, or a row is not of the space or has no number.
    """
    rows: dict[str, list[dict[str, float]]] = defaultdict(list)
    first, *others = paths
    name = str(first)
    header, lines = _read(first)
    key_of, twins = _key(first, space, header, twins, encoding)
    joined = [_joined(path, header) for path in others]
    # Of a name that several files have, index() finds the first file's.
    names = [*header, *(name for other in joined for name in other.header)]
    places = _places(paths, columns, names)
    for line, fields in lines:
        try:
            key = key_of(fields)
        except ArchitectureError as error:
            raise TableError(f"{name}, line {line}: {error}") from error
        whole = [*fields, *(field for other in joined for field in other.row(name, line, fields))]
        rows[key].append(
            {
                column: fmean([number(name, line, names[place], whole[place]) for place in those])
                for column, those in places.items()
            }
        )
    if not rows:
        raise TableError(f"{first} has no rows")
    return Table(space, twins, {key: _mean(same, columns) if len(same) > 1 else same[0] for key, same in rows.items()})


def _mean(rows: Sequence[Mapping[str, float]], columns: Sequence[str]) -> dict[str, float]:
    return {column: fmean(row[column] for row in rows) for column in columns}


def _read(path: Path) -> tuple[list[str], Iterator[Line]]:
    try:
        return read_csv(str(path), path.read_bytes())
    except OSError as error:
        raise TableError(f"{path}: {error.strerror or error}") from error


@dataclass(frozen=True)
class _Joined:
    path: Path
    place: int
    """In the first file, of the column that both have."""
    by: str
    header: Sequence[str]
    rows: Mapping[str, Sequence[str]]

    def row(self, first: str, line: int, fields: Sequence[str]) -> Sequence[str]:
        """Return what belongs to a line of the first file."""
        value = fields[self.place]
        if value not in self.rows:
            raise TableError(f"{first}, line {line}: {self.path} has no row with {self.by} {value!r}")
        return self.rows[value]


def _joined(path: Path, header: Sequence[str]) -> _Joined:
    own, lines = _read(path)
    by = next((name for name in own if name in header), None)
    if by is None:
        raise TableError(f"{path} has no column to join it by: none of {', '.join(own)} is in the first table")
    place = own.index(by)
    return _Joined(path, header.index(by), by, own, {fields[place]: fields for _, fields in lines})


def _places(paths: Sequence[Path], columns: Sequence[str], names: Sequence[str]) -> Mapping[str, list[int]]:
    """Return where those columns are that each of those asked for stands for; of equal names the first counts."""
    distinct = list(dict.fromkeys(names))
    places = {column: [names.index(name) for name in distinct if fnmatchcase(name, column)] for column in columns}
    if missing := [column for column, matching in places.items() if not matching]:
        files = " and ".join(map(str, paths))
        raise TableError(f"{files}: no column {missing[0]!r}; there are {', '.join(distinct)}")
    return places


def _key(
    path: Path, space: SearchSpace, header: Sequence[str], twins: Twins, encoding: str | None
) -> tuple[Callable[[Sequence[str]], str], Twins]:
    """Return how a row's architecture is found and turned into the key of the table, and what that makes of twins."""
    key = space.text if twins == "raw" else space.canonical_id
    if encoding is not None:
        if encoding not in header:
            raise TableError(f"{path} has no column {encoding!r}; it has {', '.join(header)}")
        read, digits = _digits(space), header.index(encoding)
        return (lambda row: key(read(row[digits]))), twins
    if named := naming(space, header):
        place = header.index(named.column)
        if named.by_network:
            return (lambda row: space.id_of(row[place])), "mean"
        return (lambda row: row[place]) if twins == "raw" else (lambda row: key(space.parse(row[place]))), twins
    if all(decision.name in header for decision in space.decisions):
        places = {decision.name: header.index(decision.name) for decision in space.decisions}
        return (lambda row: key(_checked(space, {name: row[place] for name, place in places.items()}))), twins
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
    applying = space.complete(lambda decision: values[decision.name])
    space.validate(applying)
    return applying
