"""``nasctl table``: an official benchmark file turned into a table that searches and ``nasctl benchmark`` read."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from nas_benchmark.nas_bench_101 import convert
from nas_core.table_format import TableError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``nasctl table``."""
    parser.add_argument("source", type=Path, help="nasbench_only108.tfrecord or nasbench_full.tfrecord")
    parser.add_argument("target", type=Path, help="the table to write, FILE.csv.gz")


def run(options: argparse.Namespace, console: Console) -> int:
    """Convert; raises TableError if that cannot be."""
    if not options.target.name.endswith(".csv.gz"):
        raise TableError(f"{options.target} is compressed by gzip; give it a name that ends with .csv.gz")
    if not options.source.is_file():
        raise TableError(f"{options.source}: there is no such file")
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn(), console=console
    )
    with bar:
        shown = bar.add_task("records", total=options.source.stat().st_size)
        networks = convert(options.source, options.target, lambda read: bar.update(shown, completed=read))
    console.print(f"{options.target}: {networks} networks", markup=False, highlight=False, soft_wrap=True)
    return 0
