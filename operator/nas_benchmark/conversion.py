"""``nasctl table``: an official benchmark file turned into a table that searches and ``nasctl benchmark`` read."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from nas_benchmark.nas_bench_101 import convert
from nas_core.table_format import TableError


def run(source: Path, target: Path, console: Console) -> int:
    """Convert; raises TableError if that cannot be."""
    if not target.name.endswith(".csv.gz"):
        raise TableError(f"{target} is compressed by gzip; give it a name that ends with .csv.gz")
    if not source.is_file():
        raise TableError(f"{source}: there is no such file")
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn(), console=console
    )
    with bar:
        shown = bar.add_task("records", total=source.stat().st_size)
        networks = convert(source, target, lambda read: bar.update(shown, completed=read))
    console.print(f"{target}: {networks} networks", markup=False, highlight=False, soft_wrap=True)
    return 0
