"""A table that was made up: quality by the number of 3x3 convolutions, and noise."""

import csv
from pathlib import Path

import numpy as np
import pytest
from benchmarks.supernet.architectures import choose
from benchmarks.supernet.ground_truth import FIELDS
from benchmarks.supernet.table import Table, read


def write(path: Path, noise: float) -> Path:
    rng = np.random.default_rng(0)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, FIELDS)
        writer.writeheader()
        for place, one in enumerate(choose(34, 6, seed=0)):
            quality = 0.8 + 0.02 * list(one.architecture.values()).count("nor_conv_3x3") + 0.0001 * place
            row: dict[str, object] = {"id": one.id, "origin": one.origin, "architecture": one.text, **one.architecture}
            for seed in (0, 1):
                value = quality + noise * rng.standard_normal()
                row |= {f"val_acc_s{seed}": value, f"test_acc_s{seed}": value, f"seconds_s{seed}": 10 + 4 * seed}
            writer.writerow(row | {"parameters": 100 + place, "macs": 1000 - place})
    return path


@pytest.fixture(scope="session")
def exact(tmp_path_factory: pytest.TempPathFactory) -> Table:
    """Return a table without noise."""
    return read(write(tmp_path_factory.mktemp("exact") / "table.csv", 0))


@pytest.fixture(scope="session")
def noisy_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a table with noise."""
    return write(tmp_path_factory.mktemp("noisy") / "table.csv", 0.02)
