"""What is shown: a row a contestant, in Markdown and in a CSV."""

from __future__ import annotations

import csv
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path


@dataclass(frozen=True)
class Row:
    """A network that was trained in full."""

    contestant: str
    seed: int
    test_accuracy: float
    cpu_minutes: float
    """Of everything: search and training, processes from their start to their end."""
    search_minutes: float
    candidates: int
    """Architectures that the search trained; 0: there was none."""
    epochs: int
    parameters: int
    flops: int
    """Multiply-adds of an image."""
    architecture: str


def table(rows: Sequence[Row]) -> str:
    """Return a line a network; contestants in the order of their first row."""
    lines = [
        "| contestant | seed | test accuracy | CPU min | of it search | epochs | parameters | multiply-adds |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        cells = [
            row.contestant,
            row.seed,
            f"{row.test_accuracy:.4f}",
            f"{row.cpu_minutes:.1f}",
            f"{row.search_minutes:.1f}",
            row.epochs,
            f"{row.parameters / 1e3:.0f} k",
            f"{row.flops / 1e6:.1f} M",
        ]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


def headline(rows: Sequence[Row], budget_minutes: float) -> str:
    """Return one line: each contestant's test accuracy, the mean of its seeds."""
    words = []
    for contestant in dict.fromkeys(row.contestant for row in rows):
        found = [row.test_accuracy for row in rows if row.contestant == contestant]
        span = f" ({min(found):.4f} to {max(found):.4f})" if len(found) > 1 else ""
        words.append(f"{contestant} {statistics.mean(found):.4f}{span}")
    most = max(row.cpu_minutes for row in rows)
    return f"test accuracy in {budget_minutes:g} CPU-minutes (at most {most:.1f} used): {', '.join(words)}"


def write(path: Path, rows: Iterable[Row]) -> None:
    """Write a CSV."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Row)])
        writer.writeheader()
        writer.writerows(asdict(row) for row in rows)
