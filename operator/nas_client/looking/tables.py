"""A table: the task and the inputs that its columns are for, and what is odd."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nas_client.errors import InvalidInput
from nas_client.looking import oddities
from nas_client.looking.columns import Column, classes_of, profile
from nas_client.looking.places import Place
from nas_client.looking.rows import Sample, sample
from nas_client.looking.seen import Seen
from nas_core.data_files import MEDIA_FILES, PARTS, TABLES
from nas_core.table_values import NEARLY_ALL, TARGETS

FEW_NUMBERS = 20
"""A target of numbers with more different values than this is a quantity."""
MEDIA = ("text", "image", "audio")
SPLIT = "split"
FEW_WORDS = 3
"""A column whose texts have so many words on average is one of texts."""
MOST_PATHS = 200
"""Files that a column names, which are looked for."""

SHOWN = 5
"""Columns that an error names."""
MOST_IGNORED = 512
"""Columns that `columns.ignore` may name."""

Choose = Callable[[Sequence[str], str], str]
"""Returns the column to predict, of the names and the one that is proposed."""


def look_at_table(place: Place, kind: str, choose: Choose) -> Seen:
    """Look at a table; of several files at the first to train on.

    Raises:
        InvalidInput: if it cannot be read, or there is nothing to learn.
    """
    files = place.ending(TABLES[kind])
    parts = {name: _part(name) for name in files}
    name = next((each for each in files if parts[each] == "train"), next((e for e in files if not parts[e]), files[0]))
    label = posixpath.join(place.where, name) if len(place.names) > 1 else place.where
    try:
        found = sample(place.open(name), label, kind)
    except OSError as error:
        raise InvalidInput(f"{label} cannot be read: {error.strerror or error}") from error
    names = list(found.columns)
    if len(names) < 2:
        raise InvalidInput(f"{label}: has one column, {names[0]!r}; it needs one to predict and one to learn from")
    target = choose(names, next((one for one in TARGETS if one in names), names[-1]))
    if target not in names:
        raise InvalidInput(f"--target {target}: there is no such column; there are {', '.join(names[:20])}")
    first = "" if found.complete else "the first "
    notes = [f"{first}{found.rows:,} rows and {len(names)} columns looked at; to be predicted: {target}"]
    if len(files) > 1:
        notes.append(f"of {len(files)} tables {name} was looked at")
    has_test = "test" in parts.values() or (SPLIT in names and target != SPLIT and _says_test(found.columns[SPLIT]))
    return _judged(place, name, kind, found, target, notes, has_test)


def _judged(place: Place, name: str, kind: str, found: Sample, target: str, notes: list[str], has_test: bool) -> Seen:
    wanted = found.columns[target]
    if none := sum(value is None for value in wanted):
        notes.append(f"{target}: {none:,} rows have no value to learn from; remove them")
    aim = profile(target, wanted)
    classes = classes_of([value for value in wanted if not isinstance(value, list | dict)])
    if len(classes) < 2:
        raise InvalidInput(
            f"{place.where}: column {target!r} has one value only, so there is nothing to learn; --target names another"
        )
    quantity = len(classes) > FEW_NUMBERS and aim.numbers == aim.present
    if not quantity and len(classes) > max(FEW_NUMBERS, aim.present / 2):
        raise InvalidInput(
            f"{place.where}: column {target!r} has {len(classes):,} different texts in {aim.present:,} rows, such as "
            f"{next(iter(classes))[:40]!r}, which are no classes; if they are numbers, write them as plain ones, else "
            "--target names another column"
        )
    columns = {each: profile(each, found.columns[each], index=each in found.indexes) for each in found.columns}
    inputs = {each: column for each, column in columns.items() if each not in (target, SPLIT)}
    media = _media(inputs, found.columns)
    ignored = _ignored(inputs, media, found, target, quantity)
    rest = [each for each in inputs if each not in media.values() and each not in ignored]
    tabular = any(inputs[each].kind != "left out" for each in rest)
    if not media and not tabular:
        # There is nothing else to learn from; the trainer, too, then takes the number of the row.
        tabular = any(column.kind != "left out" or column.counts_rows for column in inputs.values())
        notes += [f"{each}: {why}; there is no other column to learn from" for each, why in ignored.items()]
        ignored = {}
    notes += [f"{each}: {why}; it is in columns.ignore" for each, why in ignored.items()]
    notes += [note for each in rest if (note := oddities.of_column(inputs[each], target))]
    if twice := oddities.repeated(found.columns, target):
        notes.append(twice)
    notes += _lost(place, name, media, found.columns)
    if not quantity:
        notes += oddities.of_classes(classes)
    rest_of_notes = len(notes) - oddities.MOST_NOTES
    more = [f"and {rest_of_notes:,} more of this kind"] if rest_of_notes > 0 else []
    named: dict[str, str | list[str]] = {each: column for each, column in media.items() if column != each}
    return Seen(
        kind,
        _task(media, tabular, quantity, place.where, inputs),
        found.rows,
        found.complete,
        target,
        has_test=has_test,
        columns=named | ({"ignore": list(ignored)[:MOST_IGNORED]} if ignored else {}),
        notes=(*notes[: oddities.MOST_NOTES], *more),
    )


def _task(media: Mapping[str, str], tabular: bool, quantity: bool, where: str, inputs: Mapping[str, Column]) -> str:
    if quantity and tabular:
        return "regression"
    why = "".join(f"; {name!r}: {column.why}" for name, column in list(inputs.items())[:SHOWN] if column.why)
    if quantity:
        raise InvalidInput(f"{where}: a quantity is predicted from numbers and categories, and no column has any{why}")
    if not media and not tabular:
        raise InvalidInput(f"{where}: there is no column to learn from; all of them are left out{why}")
    if len(media) + tabular > 1:
        return "multi-modal-classification"
    return f"{next(iter(media), 'tabular')}-classification"


def _media(inputs: Mapping[str, Column], values: Mapping[str, Sequence[Any]]) -> dict[str, str]:
    """Return the columns of texts and of image and sound files, by kind."""
    found = {kind: kind for kind in MEDIA if kind in inputs}
    for name, column in inputs.items():
        if column.kind == "numeric" or not column.present or name in found.values():
            continue
        texts = [value for value in values[name] if isinstance(value, str)]
        for kind, endings in MEDIA_FILES.items():
            if texts and sum(text.lower().endswith(endings) for text in texts) >= NEARLY_ALL * len(texts):
                found.setdefault(kind, name)
        if column.kind == "left out" and texts and not column.dates and name not in found.values():
            words = sum(len(text.split()) for text in texts)
            if words >= FEW_WORDS * len(texts):
                found.setdefault("text", name)
    return found


def _ignored(
    inputs: Mapping[str, Column],
    media: Mapping[str, str],
    found: Sample,
    target: str,
    quantity: bool,
) -> dict[str, str]:
    """Return the columns that a network must not learn from, and why."""
    ignored = {}
    for name, column in inputs.items():
        if name in media.values():
            continue
        how = oddities.gives_away(column, found.columns[name], found.columns[target], quantity)
        if how:
            ignored[name] = f"{how} {target}, so it gives the answer away"
        elif oddities.is_id(column):
            ignored[name] = "no value is there twice, so it only says which row it is"
    return ignored


def _lost(place: Place, table: str, media: Mapping[str, str], values: Mapping[str, Sequence[Any]]) -> list[str]:
    """Return notes on files that columns name and that are not there."""
    notes = []
    for kind in MEDIA_FILES.keys() & media.keys():
        paths = [path for path in values[media[kind]] if isinstance(path, str)][:MOST_PATHS]
        missing = [path for path in paths if not _opens(place, posixpath.join(posixpath.dirname(table), path))]
        if missing:
            notes.append(
                f"{media[kind]}: of the first {len(paths):,} files {len(missing):,} are not there, such as "
                f"{missing[0]!r}; paths are relative to the table"
            )
    return notes


def _opens(place: Place, name: str) -> bool:
    plain = posixpath.normpath(name)
    if plain in place.names:
        return True
    if plain.startswith(("/", "..")):
        return False
    try:
        place.open(plain).close()
    except OSError:
        return False
    return True


def _part(name: str) -> str | None:
    """Return the split that a file's name or one of its folders tells."""
    words = [*name.split("/")[:-1], re.split("[-_. ]", posixpath.basename(name))[0]]
    return next((PARTS[word.lower()] for word in reversed(words) if word.lower() in PARTS), None)


def _says_test(values: Sequence[Any]) -> bool:
    return any(PARTS.get(str(value).strip().lower()) == "test" for value in values)
