"""What the weights of a model are worth for few labelled examples of other classes: clothes, 20 of each class.

One network is trained on 3,000 images of five classes (`nas_dev.datasets.few_shot_clothes`). Then, for each seed, 100
images of five other classes are drawn, and the same network is trained on them from random weights and from the
model's (`evaluation.initFrom`), by the built-in trainer. Both are judged by the same 1,000 test images. Differences are
paired by the seed; the intervals are bootstrapped over the seeds.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from nas_core.api.space import SearchSpaceSpec
from nas_core.contract import TrialInput
from nas_core.spaces import get_space
from nas_core.states import Work
from nas_dev.datasets import fashion_mnist, few_shot_clothes
from nas_dev.steps import Steps
from nas_search.ranking import Floats
from nas_storage.directory_store import DirectoryStore
from nas_trial.process.metrics_endpoint import MetricsEndpoint
from nas_trial.process.stop import StopFlag
from nas_trial.process.watchdog import Watchdog
from nas_trial.work.attempt import Attempt
from nas_trial.work.table import WORK

CELL = "|avg_pool_3x3~0|+|none~0|none~1|+|skip_connect~0|none~1|avg_pool_3x3~2|"
"""Drawn once at random; a cheap one."""
SPACE = {"name": "nas-bench-201", "width": 8, "depth": 1}
PRETRAINING = {"epochs": 6, "batchSize": 64}
ADAMW = {"name": "adamw", "learningRate": "0.003"}
FEW = {"epochs": 40, "batchSize": 16}
RESAMPLED = 10_000


@dataclass(frozen=True)
class Trainer:
    """Trains the network, below a folder."""

    folder: Path

    def train(self, name: str, data: Mapping[str, Any], seed: int, evaluation: Mapping[str, Any]) -> tuple[float, Path]:
        """Return the accuracy on the test images, and the folder of the bundle."""
        (self.folder / name).mkdir()
        np.savez(self.folder / name / "clothes.npz", **data)
        space = SearchSpaceSpec.model_validate(SPACE)
        candidate = {"id": "one", "architecture": get_space(space).parse(CELL), "origin": "Random"}
        identity = {"namespace": "bench", "search": "few-shot", "searchUID": "uid", "trial": name}
        trial = TrialInput.model_validate(
            {
                "identity": {**identity, "index": 0, "attempt": 1},
                "work": Work.RETRAIN,
                "space": SPACE,
                "candidates": [candidate],
                "task": {"dataset": {"path": str(self.folder / name)}},
                "evaluation": evaluation,
                "seed": seed,
                "storage": {"bucket": "bench", "root": "few-shot"},
            }
        )
        store = DirectoryStore(self.folder / "objects")
        attempt = Attempt(trial, StopFlag(), Watchdog(print), MetricsEndpoint(trial.identity), store)
        with contextlib.redirect_stdout(io.StringIO()):  # the trial's log
            result = WORK[Work.RETRAIN](attempt)
        assert result.bundle is not None, result
        return result.metrics["test_accuracy"], store.directory / result.bundle.removeprefix("s3://bench/")


def ways(model: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the ways to train on few examples, the one that others are compared with first."""
    start = {"path": f"{model}/"}
    yield "random weights", FEW
    yield "random weights, adamw", {**FEW, "optimizer": ADAMW}
    yield "of the model, adamw", {**FEW, "optimizer": ADAMW, "initFrom": start}
    # The last layer alone needs the larger steps of the default, sgd.
    yield "of the model, frozen", {**FEW, "initFrom": {**start, "freeze": True}}


def interval(differences: Floats) -> tuple[float, float, float]:
    """Return the mean, and its 95 % bootstrap interval."""
    drawn = np.random.default_rng(0).integers(len(differences), size=(RESAMPLED, len(differences)))
    low, high = np.quantile(differences[drawn].mean(1), (0.025, 0.975))
    return float(differences.mean()), float(low), float(high)


def main() -> int:
    """Train and print the table."""
    parser = argparse.ArgumentParser(prog="benchmarks.few_shot", description=__doc__)
    parser.add_argument("--seeds", type=int, default=6)
    seeds = parser.parse_args().seeds
    files, began = fashion_mnist.files(Steps()), time.process_time()
    os.nice(5)
    found: dict[str, list[float]] = {}
    with TemporaryDirectory() as directory:
        trainer = Trainer(Path(directory))
        known = few_shot_clothes.draw(files, "known", np.random.default_rng(0))
        reached, model = trainer.train("known", known, 0, PRETRAINING)
        print(f"the model reaches {reached:.3f} on its own classes", flush=True)
        for seed in range(seeds):
            new = few_shot_clothes.draw(files, "new", np.random.default_rng([1, seed]))
            for number, (way, evaluation) in enumerate(ways(model)):
                accuracy, _ = trainer.train(f"new-{seed}-{number}", new, seed, evaluation)
                found.setdefault(way, []).append(accuracy)
                print(f"seed {seed}, {way}: {accuracy:.3f}", flush=True)
    first = np.array(next(iter(found.values())))
    print("| weights | accuracy | difference |\n|---|---|---|")
    for way, values in found.items():
        mean, low, high = interval(100 * (np.array(values) - first))
        compared = f"{mean:+.1f} ({low:+.1f} to {high:+.1f})" if values is not next(iter(found.values())) else ""
        print(f"| {way} | {np.mean(values):.3f} | {compared} |")
    print(f"{seeds} seeds, {time.process_time() - began:.0f} CPU seconds")
    return 0


if __name__ == "__main__":
    sys.exit(main())
