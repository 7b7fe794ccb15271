"""The examples of tables: targets from the first pass, inputs piece by piece from the second."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from numpy.typing import NDArray

from nas_core.api.task import Task
from nas_model.preprocessing.images import Form
from nas_model.preprocessing.piece import Piece
from nas_model.tables.openers import OPENERS
from nas_model.tables.table_file import BATCH_ROWS, TableFile
from nas_trial.data.files import Files
from nas_trial.data.raw import RawData, join
from nas_trial.data.tables import columns, leaks
from nas_trial.data.tables.choose import choose
from nas_trial.data.tables.media import MediaColumn
from nas_trial.data.tables.names import MOST_NAMES, final
from nas_trial.data.tables.pieces import Converter
from nas_trial.data.tables.profile import Named, Profile
from nas_trial.data.tables.roles import Roles, assign
from nas_trial.data.tables.scan import Scan, scan
from nas_trial.data.tables.table import Table
from nas_trial.data.targets import listed
from nas_trial.errors import DatasetInvalid


def read(files: Files, kind: str, task: Task) -> RawData:
    """Read the tables of one kind (csv, parquet, jsonl) among the files.

    Raises:
        CandidateRejected: if a column that the task names is not there.
        DatasetInvalid: if a table cannot be read, or holds what it must not; the message names file or row, and column.
    """
    chosen = choose(files, kind)
    columns.wanted(task)
    train = open_table(files, chosen.splits["train"], kind)
    if not train.names:
        raise DatasetInvalid(f"{files.where}: {train.files[0][0]} is empty")
    roles = assign(train.names, task, files.where)
    found = scan(files, train, roles, task)
    if not found.rows:
        raise DatasetInvalid(f"{files.where}: {train.files[0][0]} has no rows")
    kinds = columns.decide(found.profiles, train.indexes, roles, task, files.where)
    reader = TableInputs(files, task, roles, kinds, booleans=_booleans(found, roles))
    parts = {"train": reader.raw(train, found)}
    if "val" in chosen.splits:
        parts["val"] = reader.read(chosen.splits["val"], kind)
    data = replace(join(parts), warnings=(*chosen.warnings, *kinds.warnings, *reader.warnings(found)))
    if "test" not in chosen.splits:
        return data
    return replace(data, test=lambda: reader.read(chosen.splits["test"], kind))


def open_table(files: Files, names: list[str], kind: str) -> Table:
    """Open files of the same columns, one after the other.

    Raises:
        DatasetInvalid: if one cannot be read, or has other columns; the message names it.
    """
    opened: list[tuple[str, TableFile]] = []
    for name in names:
        file = OPENERS[kind](files.local(name), files.label(name))
        opened.append((name, file))
        different = sorted(set(file.names) ^ set(opened[0][1].names))
        # Objects of JSON need not have all keys.
        if different and file.complete:
            raise DatasetInvalid(
                f"{files.label(name)}: its columns differ from those of {names[0]} by {listed(different)}; give all "
                "files the same"
            )
    return Table(opened, list(dict.fromkeys(name for _, file in opened for name in file.names)), files)


@dataclass
class TableInputs:
    """Reads tables of the columns of the training table."""

    files: Files
    task: Task
    roles: Roles
    kinds: columns.Kinds
    booleans: frozenset[str]
    """Columns of nothing but true and false."""
    form: Form | None = field(default=None)
    """That of the images of the table that was read first."""

    def read(self, names: list[str], kind: str) -> RawData:
        """Read the table of another split than the training."""
        table = open_table(self.files, names, kind)
        inputs: dict[str, Named | None] = dict.fromkeys(self.kinds.categorical, "categorical")
        inputs |= {name: "numeric" if name in self.roles.numeric else None for name in self.kinds.numeric}
        roles = self.roles
        divided = [name for name in (roles.split, roles.group, roles.time) if name]
        needed = [*roles.targets, *inputs, *self.kinds.media.values(), *divided]
        if table.complete:
            table.require(needed)
        found = scan(self.files, table, roles, self.task, inputs)
        table.require(inputs)
        return self.raw(table, found)

    def raw(self, table: Table, found: Scan) -> RawData:
        """Return a table's examples.

        Raises:
            DatasetInvalid: if a value is not what its column is said to be; the message names row and column.
        """
        kinds = self.kinds
        for name in kinds.numeric:
            self._check_numbers(name, found.profiles[name], table)
        categories = {name: self._categories(name, found.profiles[name]) for name in kinds.categorical}
        convert = Converter(
            {name: name in self.roles.numeric for name in kinds.numeric},
            {name: places for name, (_, places) in categories.items()},
            kinds.media.get("text"),
        )
        media = {kind: self._media(kind, name, table) for kind, name in kinds.media.items() if kind != "text"}
        rows = min((column.rows for column in media.values()), default=BATCH_ROWS)
        targets: NDArray[Any] | None = found.targets
        labels: tuple[str, ...] | None = None
        if found.labels is not None:
            targets, labels = found.labels.result(self.roles.targets[0] in self.booleans)
        assert targets is not None

        def read() -> Iterator[Piece]:
            wanted = convert.columns or list(kinds.media.values())
            for start, batch in table.batches(wanted):
                for offset in range(0, batch.num_rows, rows):
                    part = batch.slice(offset, rows)
                    files = {kind: column.read(start + offset, part.num_rows) for kind, column in media.items()}
                    made = {**files, **convert(part)}
                    yield {kind: made[kind] for kind in (*kinds.media, "numeric", "categorical") if kind in made}

        return RawData(
            read,
            targets,
            self.files.where,
            labels=labels,
            categories=tuple(names for names, _ in categories.values()),
            row=table.row,
            columns={
                "numeric": tuple(kinds.numeric),
                "categorical": tuple(kinds.categorical),
                "target": self.roles.targets,
                **{kind: (name,) for kind, name in kinds.media.items()},
            },
            given=found.given,
            groups=found.groups,
            times=found.times,
            form=str(self.form) if self.form else "",
            bits=self.form.bits if self.form else None,
        )

    def warnings(self, found: Scan) -> list[str]:
        """Return what is odd about the columns of the training table."""
        reported = []
        words = {name: found.profiles[name].words for name in self.kinds.numeric}
        if taken := [f"{name!r} ({each.count} rows)" for name, each in words.items() if each.count]:
            first = next(each for each in words.values() if each.count)
            reported.append(
                f"words such as {first.value!r} (row {first.row + 1}) stand for no value in columns of numbers: "
                f"{', '.join(taken[:20])}"
            )
        if found.labels is not None:
            inputs = [*self.kinds.numeric, *self.kinds.categorical]
            reported += leaks.warnings(found.profiles, inputs, found.labels.places())
        return reported

    def _categories(self, name: str, profile: Profile) -> tuple[tuple[str, ...], Mapping[str, int]]:
        """Return the categories of a column, and the place of each value among them as it is written."""
        if profile.unusable or profile.names.too_many:
            held = (
                f"values of type {profile.unusable}" if profile.unusable else f"more than {MOST_NAMES} different values"
            )
            raise DatasetInvalid(
                f"{self.files.where}: column {name!r} holds {held}, which are no categories; name it in "
                "task.dataset.columns.ignore"
            )
        names, new = final(profile.names.places, name in self.booleans)
        return names, dict(zip(profile.names.places, new.tolist(), strict=False))

    def _check_numbers(self, name: str, profile: Profile, table: Table) -> None:
        other = profile.other
        if profile.unusable:
            raise DatasetInvalid(f"{self.files.where}: column {name!r} holds values of type {profile.unusable}")
        if other.count:
            raise DatasetInvalid(
                f"{self.files.where}: column {name!r}, {table.row(other.row)}: {other.value[:80]!r} is no finite "
                f"number; {other.count} rows hold such values; correct them, or name the column in "
                "task.dataset.columns.categorical"
            )

    def _media(self, kind: str, name: str, table: Table) -> MediaColumn:
        column = MediaColumn(self.files, table, name)
        if kind == "image":
            self.form = column.as_images(self.task, self.form)
        else:
            column.as_sounds(self.task)
        return column


def _booleans(found: Scan, roles: Roles) -> frozenset[str]:
    named = {name for name, profile in found.profiles.items() if profile.is_boolean}
    return frozenset(named | ({*roles.targets} if found.labels and found.labels.is_boolean else set()))
