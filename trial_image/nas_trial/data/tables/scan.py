"""The first pass over a table: targets, groups, times and splits of all rows, and what each other column holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from nas_core.api.task import Task
from nas_model.preprocessing.values import Values
from nas_model.tables.table_file import columns_of
from nas_trial.data.files import Files
from nas_trial.data.tables.profile import Named, Profile
from nas_trial.data.tables.roles import Roles
from nas_trial.data.tables.table import Table
from nas_trial.data.tables.targets import Collector, Flags, Given, Groups, Labels, Numeric, side_by_side
from nas_trial.errors import DatasetInvalid


@dataclass(frozen=True)
class Scan:
    """What the first pass found of N rows."""

    rows: int
    profiles: Mapping[str, Profile]
    """Of the columns that may be inputs."""
    labels: Labels | None
    """Of a classification."""
    targets: NDArray[np.float64] | None
    """Of a regression (N) or (N, outputs), or of several labels (N, classes)."""
    given: NDArray[np.str_] | None
    groups: NDArray[np.int64] | None
    times: NDArray[np.float64] | None


def scan(
    files: Files, table: Table, roles: Roles, task: Task, inputs: Mapping[str, Named | None] | None = None
) -> Scan:
    """Read a table once.

    Args:
        files: where it lies.
        table: its rows.
        roles: its columns that have a part.
        task: what is learned.
        inputs: the columns of numbers and categories; None: types are to be found for all that have no part.

    Raises:
        DatasetInvalid: if a target, split, group or time is not what it has to be.
    """
    where = files.where
    collectors, labels, targets = _targets(table, roles, task, where)
    given, groups = Given(roles.split, table, where), Groups(roles.group, table, where)
    times = Numeric(roles.time, table, where, "give a number or an ISO 8601 date")
    division: tuple[tuple[str | None, Collector], ...] = (
        (roles.split, given),
        (roles.group, groups),
        (roles.time, times),
    )
    collectors |= {name: collector for name, collector in division if name}
    passed_over = {*roles.media.values(), *task.dataset.columns.ignore}
    named = _named(roles) if inputs is None else inputs
    profiles: dict[str, Profile] = {}
    rows = 0
    for start, batch in table.batches(None if inputs is None else [*collectors, *inputs]):
        files.go_on()
        columns = {name: Values(each) for name, each in columns_of(batch).items() if name and name not in passed_over}
        for name, collector in collectors.items():
            collector.add(columns.pop(name, Values(pa.nulls(batch.num_rows))), start)
        for name, values in columns.items():
            profile = profiles.setdefault(name, Profile(named.get(name)))
            profile.seen(start)
            profile.add(values, start, table.place(start)[1], labels.last if labels else None)
        rows = start + batch.num_rows
    for name in named:
        profiles.setdefault(name, Profile(named[name]))
    for profile in profiles.values():
        profile.seen(rows)
    return Scan(
        rows,
        profiles,
        labels,
        side_by_side([each.result() for each in targets]) if targets else None,
        given.result() if roles.split else None,
        groups.result() if roles.group else None,
        _complete(times.result(), roles.time, table, where) if roles.time else None,
    )


def _targets(
    table: Table, roles: Roles, task: Task, where: str
) -> tuple[dict[str, Collector], Labels | None, list[Numeric] | list[Flags]]:
    if task.multi_label:
        flags = {name: Flags(name, table, where) for name in roles.targets}
        return dict(flags), None, list(flags.values())
    if task.type == "regression":
        remedy = "correct it, or set task.type to a classification"
        numbers = {name: Numeric(name, table, where, remedy) for name in roles.targets}
        return dict(numbers), None, list(numbers.values())
    labels = Labels(roles.targets[0], where)
    return {roles.targets[0]: labels}, labels, []


def _named(roles: Roles) -> dict[str, Named | None]:
    named: dict[str, Named | None] = dict.fromkeys(roles.categorical, "categorical")
    return named | dict.fromkeys(roles.numeric, "numeric")


def _complete(times: NDArray[np.float64], name: str, table: Table, where: str) -> NDArray[np.float64]:
    missing = np.isnan(times)
    if missing.any():
        row = table.row(int(missing.argmax()))
        raise DatasetInvalid(f"{where}: column {name!r}, {row}: there is no time; fill it, or remove the row")
    return times
