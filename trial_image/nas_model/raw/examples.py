"""What all forms of raw inputs become: so many examples, of which some can be read at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from nas_model.errors import InputInvalid
from nas_model.preprocessing.piece import Piece


@dataclass(frozen=True)
class RawPart:
    """Some of the inputs of N examples, by their names."""

    rows: int
    read: Callable[[int, int], Piece]
    """Returns those of the examples from one to before another."""
    categories: Sequence[Sequence[str]] = ()
    """What categorical values are places in, by column."""
    names: Sequence[str] = field(default=())
    """Of the examples, if they have names: paths of files."""


def joined(parts: Mapping[str, RawPart]) -> RawPart:
    """Return parts of the same examples as one.

    Raises:
        InputInvalid: if they are not equally many.
    """
    counts = {name: part.rows for name, part in parts.items()}
    if len(set(counts.values())) > 1:
        listed = ", ".join(f"{count} of {name}" for name, count in counts.items())
        raise InputInvalid(f"there are not as many examples of each input: {listed}")

    def read(start: int, end: int) -> Piece:
        return {name: values for part in parts.values() for name, values in part.read(start, end).items()}

    first = next(iter(parts.values()))
    categories = next((part.categories for part in parts.values() if part.categories), ())
    names = next((part.names for part in parts.values() if part.names), ())
    return RawPart(first.rows, read, categories, names)
