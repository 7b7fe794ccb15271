"""What a look at data found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

TEST_FRACTION = "0.2"
"""Share of the examples that is set aside to test on, where the data have no test split."""


@dataclass(frozen=True)
class Seen:
    """What a search is told of its data, and what people are told."""

    format: str
    """As `task.dataset.format` has it."""
    task: str
    """The task.type that is proposed."""
    examples: int
    """Those that were looked at."""
    complete: bool = True
    """Whether these are all."""
    target: str | None = None
    """The column to predict, of a table."""
    multi_label: bool = False
    has_test: bool = False
    """Whether the data have a test split of their own."""
    columns: Mapping[str, str | list[str]] = field(default_factory=dict)
    """Columns by the field of `task.dataset.columns` that names them."""
    image_size: int | None = None
    """To which images are scaled; None: they have one size."""
    pixels: int | None = None
    """Of an image as a network gets it; None: not known, or there is none."""
    notes: tuple[str, ...] = ()
    """How much was looked at, and what is odd."""
