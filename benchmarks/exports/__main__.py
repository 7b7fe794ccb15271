"""What exports are worth: networks that the trainer has trained on small data, as its work Export measures them.

The data come with scikit-learn; latencies are of this machine, with all of its processors.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes
from tests.support.bundles import attempt_of

from nas_core.api.space import SearchSpaceSpec
from nas_core.api.types import ExportFormat
from nas_core.contract import TrialInput
from nas_core.spaces import get_space
from nas_core.states import Work
from nas_storage.directory_store import DirectoryStore
from nas_trial.work.table import WORK

DIGITS = {"type": "image-classification", "dataset": {"name": "digits", "testFraction": "0.2"}}
TABULAR = {"name": "tabular", "width": 32}


@dataclass(frozen=True)
class Case:
    """A network and its data."""

    task: Mapping[str, Any]
    space: Mapping[str, Any]
    metric: str
    learning_rate: str = "0.002"


CASES: Mapping[str, Case] = {
    "digits, nas-bench-201": Case(DIGITS, {"width": 8, "depth": 1}, "test_accuracy"),
    "digits, tiny": Case(DIGITS, {"name": "tiny"}, "test_accuracy"),
    "digits, mobilenet": Case(DIGITS, {"name": "mobilenet", "width": 8}, "test_accuracy"),
    "breast cancer, tabular": Case(
        {"type": "tabular-classification"}, {"name": "tabular", "width": 32}, "test_accuracy"
    ),
    "diabetes, tabular": Case({"type": "regression"}, {"name": "tabular", "width": 32}, "test_rmse"),
}
TABLES = {"breast cancer, tabular": load_breast_cancer, "diabetes, tabular": load_diabetes}


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=20)
    options = parser.parse_args()
    print("| data, space | export | bytes | largest difference | metric | value | latency, ms |")
    print("|---|---|---:|---:|---|---:|---:|")
    for name, case in CASES.items():
        for row in measured(name, case, options.epochs):
            print(f"| {' | '.join(row)} |", flush=True)


def measured(name: str, case: Case, epochs: int) -> Iterator[list[str]]:
    """Train, export, and yield a row for the network and each export."""
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        store = DirectoryStore(directory / "objects")
        given = trial_of(name, case, directory, epochs)
        trained = WORK[Work.RETRAIN](attempt_of(TrialInput.model_validate(given), store))
        model = {
            "name": "model",
            "version": "1",
            "prefix": "models/model/1/",
            "source": {"trial": "one", "bundle": trained.bundle, "metrics": trained.metrics},
            "exports": list(get_args(ExportFormat)),
        }
        asked = given | {"work": "Export", "identity": given["identity"] | {"trial": "model"}, "model": model}
        made = WORK[Work.EXPORT](attempt_of(TrialInput.model_validate(asked), store)).model
    assert made is not None
    sizes = {artifact.format: artifact.bytes for artifact in made.artifacts}
    for export, metrics in made.metrics.items():
        yield [
            name,
            export,
            f"{sizes[export]:,}",
            f"{metrics['max_difference']:.1e}",
            case.metric,
            f"{metrics[case.metric]:.4g}",
            f"{metrics['latency_ms']:.2f}",
        ]


def trial_of(name: str, case: Case, directory: Path, epochs: int) -> dict[str, Any]:
    """Return the input of a retraining; a table is written into the directory."""
    space = get_space(SearchSpaceSpec.model_validate(case.space))
    architecture = space.sample(np.random.default_rng(3))
    task = dict(case.task)
    if name in TABLES:
        file = directory / "data" / "data.csv"
        write_table(file, name)
        task["dataset"] = {"path": str(file.parent), "target": "target", "testFraction": "0.2"}
    return {
        "identity": {"namespace": "n", "search": "s", "searchUID": "u", "trial": "one", "index": 0, "attempt": 1},
        "work": "Retrain",
        "space": case.space,
        "candidates": [
            {"id": "one", "architecture": architecture, "text": space.text(architecture), "origin": "Random"}
        ],
        "task": task,
        "evaluation": {
            "epochs": epochs,
            "batchSize": 32,
            "optimizer": {"name": "adamw", "learningRate": case.learning_rate},
        },
        "seed": 7,
        "storage": {"bucket": "bucket", "root": "root"},
    }


def write_table(file: Path, name: str) -> None:
    """Write a table of scikit-learn's as CSV."""
    data = TABLES[name]()
    file.parent.mkdir()
    with file.open("w", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow([*data.feature_names, "target"])
        for row, target in zip(data.data, data.target, strict=True):
            writer.writerow([*row, f"class {target}" if name.startswith("breast") else target])


if __name__ == "__main__":
    main()
