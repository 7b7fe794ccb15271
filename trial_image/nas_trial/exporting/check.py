"""What an export is worth, found by running it: on the test examples beside the network, and against the clock."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from nas_trial.data.examples import Batch, Examples, Split
from nas_trial.exporting.deployed import DeployedNetwork, Raw
from nas_trial.exporting.source import Runner
from nas_trial.measuring.measure import LEAST_RUNS, RUNS, TIME_LIMIT_S, WARM_UP

BATCH = 64
"""Examples at once."""


@dataclass(frozen=True)
class Checked:
    """How an export compares with its network."""

    difference: float
    """The largest of any output of any test example: of logits, or of numbers in deviations of the training targets."""
    metrics: dict[str, float]
    """On the test split, names without prefix."""
    latency_ms: float
    """Median for one example, on one thread of this CPU."""


@dataclass(frozen=True)
class Checker:
    """Runs exports of a network over the examples that judge it."""

    network: DeployedNetwork
    examples: Examples
    split: Split
    """The test split; where there is none, the validation split."""
    alive: Callable[[], None]
    """Called for each batch: a sign of life, which may raise Stopped."""

    def outputs(self, run: Runner) -> NDArray[np.float32]:
        """Return the outputs of all examples (N, outputs), as the network within gives them."""
        found = [self.network.in_deviations(run(raw)) for raw in self._batches()]
        return np.concatenate(found)

    def check(self, run: Runner, reference: NDArray[np.float32]) -> Checked:
        """Return how an export compares; ``reference`` (N, outputs) are the network's own outputs."""
        outputs = self.outputs(run)
        return Checked(float(np.abs(outputs - reference).max()), self.metrics(outputs), self.latency_ms(run))

    def metrics(self, outputs: NDArray[np.float32]) -> dict[str, float]:
        """Return the task's metrics of outputs (N, outputs), names without prefix."""
        targets = self.split.targets.cpu()
        return self.examples.task.metrics(torch.from_numpy(outputs), targets, beat=self.alive)

    def latency_ms(self, run: Runner) -> float:
        """Return the median of some runs of one example on one thread, after some to warm up.

        On several threads a node that others use too makes it a hundred times as long: each waits for the others.
        """
        with closing(self._batches(1)) as batches:
            one = next(batches)
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            return self._median_ms(run, one)
        finally:
            torch.set_num_threads(threads)

    def _median_ms(self, run: Runner, one: Raw) -> float:
        times: list[float] = []
        begun = time.perf_counter()
        for number in range(WARM_UP + RUNS):
            started = time.perf_counter()
            run(one)
            ended = time.perf_counter()
            self.alive()
            if number >= WARM_UP:
                times.append(ended - started)
            if len(times) >= LEAST_RUNS and ended - begun > TIME_LIMIT_S:
                break
        return 1000 * statistics.median(times)

    def _batches(self, size: int = BATCH) -> Generator[Raw, None, None]:
        for batch in batches_of(self.split, size):
            self.alive()
            yield self.network.raw(batch.rows)


def batches_of(split: Split, size: int, rows: torch.Tensor | None = None) -> Iterator[Batch]:
    """Yield examples of a split, ``size`` at once: those of some rows (n), or all as they lie."""
    with closing(split.batches(torch.split(split.in_order() if rows is None else rows, size))) as batches:
        yield from batches


def run_network(network: DeployedNetwork) -> Runner:
    """Return what runs the network itself, with PyTorch on the CPU."""

    def run(raw: Raw) -> NDArray[np.generic]:
        with torch.inference_mode():
            outputs: torch.Tensor = network(*(torch.from_numpy(values) for values in raw.values()))
        return outputs.numpy()

    return run
