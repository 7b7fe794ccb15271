"""The columns of a table that have a part by name: targets, split, group, time, and the inputs that a search names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from nas_core.api.task import Task
from nas_core.table_values import TARGETS
from nas_model.preprocessing.piece import MEDIA
from nas_trial.data.targets import listed
from nas_trial.errors import CandidateRejected

SPLIT = "split"
FRACTION = re.compile(r"-?\d+\.\d+")


@dataclass
class Roles:
    """Columns by their part. ``of`` has the field of the search that names each."""

    targets: tuple[str, ...]
    split: str | None = None
    group: str | None = None
    time: str | None = None
    media: dict[str, str] = field(default_factory=dict)
    """Of each kind (text, image, audio) the column that is one."""
    numeric: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    of: dict[str, str] = field(default_factory=dict)


def assign(names: Sequence[str], task: Task, where: str) -> Roles:
    """Return the parts of the columns that a table has.

    Raises:
        CandidateRejected: if a column that is named does not exist or is named twice, or the target is not clear; the
            message says which columns there are.
    """
    named = task.dataset.columns
    roles = Roles(_targets(names, task, where), numeric=tuple(named.numeric), categorical=tuple(named.categorical))

    def claim(name: str, role: str) -> None:
        # Every column has one part: a target that is an input as well would be learned by heart.
        if name not in names:
            _reject(f"task.dataset.{role}: {where} has no column {name!r}; there are: {listed(names)}{_hint(names)}")
        if name in roles.of:
            _reject(f"task.dataset.{role}: column {name!r} is already task.dataset.{roles.of[name]}; name it once")
        roles.of[name] = role

    for name in roles.targets:
        claim(name, "target" if task.dataset.targets is None else "targets")
    # A column called "split" may be a feature; then the search names it as one.
    named_inputs = {*named.numeric, *named.categorical, *named.ignore, named.text, named.image, named.audio}
    taken = {*named_inputs, *roles.targets, task.dataset.group, task.dataset.time}
    roles.split = task.dataset.split_column or (SPLIT if SPLIT in names and SPLIT not in taken else None)
    roles.group, roles.time = task.dataset.group, task.dataset.time
    for column, role in ((roles.split, "splitColumn"), (roles.group, "group"), (roles.time, "time")):
        if column:
            claim(column, role)
    for role, columns in (("numeric", named.numeric), ("categorical", named.categorical), ("ignore", named.ignore)):
        for name in columns:
            claim(name, f"columns.{role}")
    for kind in MEDIA:
        if given := getattr(named, kind):
            claim(given, f"columns.{kind}")
            roles.media[kind] = given
        # Claimed even if the task has no use for it: paths and free text are no categories.
        elif kind in names and kind not in roles.of:
            claim(kind, f"columns.{kind}")
            roles.media[kind] = kind
    return roles


def _targets(names: Sequence[str], task: Task, where: str) -> tuple[str, ...]:
    if task.dataset.targets:
        return tuple(task.dataset.targets)
    if task.multi_label:
        _reject(
            "task.multiLabel: set task.dataset.targets to the columns of true and false that are predicted together; "
            f"there are: {listed(names)}"
        )
    if task.dataset.target:
        return (task.dataset.target,)
    matching = [name for name in TARGETS if name in names]
    # With both "label" and "class" there, a wrong guess would go unnoticed.
    if len(matching) != 1:
        _reject(
            f"{where}: set task.dataset.target to the column that is to be predicted; there are: "
            f"{listed(names)}{_hint(names)}"
        )
    return (matching[0],)


def _hint(names: Sequence[str]) -> str:
    # Names are seldom 5.1 and 3.5.
    if any(FRACTION.fullmatch(name) for name in names):
        return "; the first row must have the names of the columns, and here it seems to be one of values"
    return ""


def _reject(message: str) -> None:
    raise CandidateRejected("SpecInvalid", message)
