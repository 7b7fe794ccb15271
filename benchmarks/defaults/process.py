"""One data set's search, in a process of its own."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import torch

from benchmarks.defaults.data import CASES
from benchmarks.defaults.report import row
from benchmarks.defaults.search import run
from nas_trial.process.torch_startup import keep_compiler_out


def start(threads: int) -> None:
    """Begin a process."""
    keep_compiler_out()
    torch.set_num_threads(threads)


def search(name: str, trials: int, kept: Path) -> str:
    """Search a data set and return its row, and the settings that were chosen for it."""
    case = CASES[name]
    with tempfile.TemporaryDirectory() as folder:
        spec: dict[str, Any] = {"task": {"type": case.kind, "dataset": case.dataset(Path(folder))}}
        outcome = run(spec, trials, kept / f"{name.replace(', ', '-').replace(' ', '-')}.jsonl")
    settings = {each.field.rpartition(".")[2]: each.value for each in outcome.chosen}
    return f"{row(name, case, outcome)}\n  {settings}"
