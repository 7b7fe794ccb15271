"""What is odd about a table, in words: what people who know the data should look at. Pure."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from nas_client.looking.columns import Column
from nas_core.table_values import NEARLY_ALL, classes_alike, like_number, name_of

RARE = 10
"""A class with fewer examples is hardly learned."""
MOST_NOTES = 20
FREQUENT = 0.75
"""A class with this share of the examples makes accuracy say little."""
TELLS, ROWS_A_VALUE = 0.98, 10
"""A column gives the classes away if its values tell this share of each, with so many rows a value on average."""
FEW_PAIRS = 50
"""Rows; of fewer, a column of numbers may lie on a line with the target by chance."""
ON_A_LINE = 0.99999
MISSING_SHARE = 0.05
COMMA = re.compile(r"[+-]?\d{1,3}(\.\d{3})*,\d+|[+-]?\d+,\d+")
ID = re.compile(r"(.*[-_. ])?(id|uuid|guid|key|nr|no|number)|.*I[Dd]", re.ASCII)


def of_column(column: Column, target: str) -> str | None:
    """Return what is odd about an input, None if nothing is."""
    name, share = column.name, column.missing + column.words
    if column.numbers and COMMA.fullmatch(next((text for _, text in column.mistakes), "")):
        return f"{name}: has numbers with a comma, such as {column.mistakes[0][1]!r}; write decimal points"
    if _all_commas(column):
        return f"{name}: its numbers have commas, such as {column.mistakes[0][1]!r}, so they are texts; write points"
    if column.kind == "numeric" and column.mistakes:
        row, text = column.mistakes[0]
        return (
            f"{name}: holds numbers, but {text[:40]!r} in row {row:,}, which is an error; correct it, or name the "
            "column in columns.categorical"
        )
    if column.dates and column.dates >= NEARLY_ALL * max(1, column.present - column.words):
        return f"{name}: holds dates, so it is left out; name it in dataset.time to test on the newest rows"
    if column.numbers and column.mistakes:
        part = column.numbers / max(1, column.present)
        return f"{name}: {part:.0%} of the values are numbers, others are words such as {column.mistakes[0][1][:40]!r}"
    if column.kind == "left out":
        return f"{name}: is left out: {column.why}"
    if len(column.names) == 1 and not column.missing:
        return f"{name}: every row has the same value, which tells nothing"
    if share > MISSING_SHARE * column.rows:
        return f"{name}: {share / column.rows:.0%} of the values are missing"
    return None


def is_id(column: Column) -> bool:
    """Whether a column only says which row it is: no value is there twice, and its name or its texts say so."""
    if column.missing or len(column.names) < max(2, column.rows) or any(value % 1 for value in column.values):
        return False
    if column.counts_rows:
        return False  # which the trainer leaves out by itself
    texts = column.kind == "left out" and not (column.mistakes and like_number(column.mistakes[0][1]))
    return ID.fullmatch(column.name) is not None or texts


def gives_away(column: Column, values: Sequence[Any], target: Sequence[Any], quantity: bool) -> str | None:
    """Return how a column tells the target of each row (n), None if it does not."""
    pairs = [(name_of(a), name_of(b)) for a, b in zip(values, target, strict=True) if a is not None and b is not None]
    if not pairs or len(pairs) < TELLS * len(values):
        return None
    if len({b for _, b in pairs}) > 1 and all(a == b for a, b in pairs):
        return "is the same as"
    if quantity:
        return "lies on a line with" if column.kind == "numeric" and _on_a_line(pairs) else None
    if not _tells_classes(Counter(pairs)):
        return None
    renamed = len({a for a, _ in pairs}) == len({b for _, b in pairs}) == len(set(pairs))
    return "has other names for the classes of" if renamed else "tells by its values alone nearly every"


def repeated(columns: Mapping[str, Sequence[Any]], target: str) -> str | None:
    """Return how many rows are there more than once, None if none is."""
    inputs = zip(*(values for name, values in columns.items() if name != target), strict=True)
    rows = Counter(
        (hash(tuple(map(repr, given))), repr(wanted)) for given, wanted in zip(inputs, columns[target], strict=True)
    )
    twice = sum(rows.values()) - len(rows)
    against = len(rows) - len({given for given, _ in rows})
    if not twice and not against:
        return None
    said = [f"{twice:,} rows are there more than once"] if twice else []
    said += [f"{against:,} times the inputs are equal and {target} is not"] if against else []
    return f"{'; '.join(said)}; dataset.duplicates says how they are divided"


def of_classes(classes: Mapping[str, int]) -> list[str]:
    """Return what is odd about how many examples the classes have."""
    total = sum(classes.values())
    rare = [(name, count) for name, count in classes.items() if count < RARE]
    notes = [
        f"class {name!r} has {count} example{'s' if count > 1 else ''} only"
        + ("; a class needs two at least" if count < 2 else "")
        for name, count in sorted(rare, key=lambda each: each[1])[:5]
    ]
    if len(rare) > 5:
        notes.append(f"{len(rare) - 5:,} more classes have fewer than {RARE} examples")
    notes += classes_alike(classes)
    largest = max(classes, key=lambda name: classes[name])
    if classes[largest] > total * FREQUENT:
        notes.append(f"{classes[largest] / total:.0%} are of class {largest!r}; the metric is chosen accordingly")
    return notes


def _all_commas(column: Column) -> bool:
    texts = [text for _, text in column.mistakes]
    return bool(texts) and all(COMMA.fullmatch(text.strip()) for text in texts)


def _tells_classes(pairs: Counter[tuple[str, str]]) -> bool:
    by_value: dict[str, Counter[str]] = {}
    classes: Counter[str] = Counter()
    for (value, wanted), count in pairs.items():
        by_value.setdefault(value, Counter())[wanted] += count
        classes[wanted] += count
    if len(classes) < 2 or len(by_value) < 2 or classes.total() < ROWS_A_VALUE * len(by_value):
        return False
    right: Counter[str] = Counter()
    for counts in by_value.values():
        wanted, count = counts.most_common(1)[0]
        right[wanted] += count
    return all(right[name] >= TELLS * count for name, count in classes.items())


def _on_a_line(pairs: Sequence[tuple[str, str]]) -> bool:
    points = []
    for a, b in pairs:
        try:
            points.append((float(a), float(b)))
        except ValueError:
            continue
    if len(points) < FEW_PAIRS:
        return False
    x_mean, y_mean = (sum(axis) / len(points) for axis in zip(*points, strict=True))
    xs, ys = [x - x_mean for x, _ in points], [y - y_mean for _, y in points]
    scale = math.sqrt(sum(x * x for x in xs) * sum(y * y for y in ys))
    return scale > 0 and abs(sum(x * y for x, y in zip(xs, ys, strict=True))) / scale > ON_A_LINE
