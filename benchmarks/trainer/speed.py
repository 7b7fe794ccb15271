"""The engine beside the plain loop: the same network, data and device, in turns.

The engine works as in a trial: live metrics, all metrics of the task after each epoch, a checkpoint an epoch stored in
a directory by its background thread; what is not stored at the end is waited for. Building the networks is not timed.
"""

from __future__ import annotations

import contextlib
import io
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import nn

from benchmarks.trainer import plain_loop
from nas_core.api.evaluation import Evaluation
from nas_core.contract import Identity
from nas_core.spaces.nas_bench_201 import EDGES
from nas_model.networks.nas_bench_201 import NasBench201Network
from nas_model.signature import ImageInput, Signature
from nas_storage.directory_store import DirectoryStore
from nas_trial.data.examples import Examples, InMemory
from nas_trial.learning_tasks import Classification
from nas_trial.process.metrics_endpoint import MetricsEndpoint
from nas_trial.training.checkpoint import Checkpoints
from nas_trial.training.engine import Engine
from nas_trial.training.hooks import Hooks
from nas_trial.training.progress import Progress
from nas_trial.training.recipe import Recipe
from nas_trial.training.saver import Saver
from nas_trial.training.schedule import make_optimizer
from nas_trial.training.train_state import TrainState

CELL = ("nor_conv_3x3", "nor_conv_3x3", "nor_conv_3x3", "skip_connect", "nor_conv_1x1", "nor_conv_3x3")
"""Operations of the network's edges: a good cell, of the kind that a search spends its time on."""
WHO = Identity(namespace="bench", search="bench", search_uid="bench", trial="bench-0", index=0, attempt=1)


@dataclass(frozen=True)
class Round:
    """Seconds of one round, by the clock and of the processor (all threads)."""

    engine: float
    plain: float
    engine_cpu: float
    plain_cpu: float

    @property
    def ratio(self) -> float:
        """Speed of the engine; that of the plain loop is 1."""
        return self.plain / self.engine


def images(count: int, size: int, device: torch.device) -> Examples:
    """Return examples of MNIST's form: grey images as bytes, ten classes. What they show is all the same to speed."""
    generator = torch.Generator().manual_seed(0)

    def split(n: int) -> InMemory:
        pixels = torch.randint(0, 256, (n, 1, size, size), dtype=torch.uint8, generator=generator)
        labels = torch.randint(0, 10, (n,), generator=generator)
        return InMemory({"image": pixels.to(device)}, labels.to(device))

    scale = torch.full((1, 1, 1, 1), 128.0, device=device)
    return Examples(
        train=split(count),
        val=split(count // 5),
        signature=Signature(outputs=10, image=ImageInput(1, size, size)),
        scales={"image": (scale, scale)},
        task=Classification(),
        classes=tuple("0123456789"),
        hash="",
    )


def compare(
    data: Examples,
    width: int,
    depth: int,
    evaluation: Evaluation,
    device: torch.device,
    rounds: int,
    plain: Examples | None = None,
) -> list[Round]:
    """Train with both in turns, after a round of both that is not counted.

    ``plain``: the same examples for the plain loop, on the device; the engine's may be elsewhere.
    """
    found = []
    for number in range(rounds + 1):
        runs: dict[str, Callable[[nn.Module], object]] = {
            "engine": lambda network: by_engine(network, data, evaluation, device),
            "plain": lambda network: plain_loop.train(network, plain or data, evaluation, device),
        }
        times: dict[str, tuple[float, float]] = {}
        for name in sorted(runs, reverse=number % 2 == 1):
            torch.manual_seed(number)
            network = NasBench201Network(dict(zip(EDGES, CELL, strict=True)), 1, 10, width, depth)
            times[name] = timed(runs[name], network.to(device).to(memory_format=torch.channels_last), device)
        if number:
            found.append(Round(times["engine"][0], times["plain"][0], times["engine"][1], times["plain"][1]))
    return found


def by_engine(network: nn.Module, data: Examples, evaluation: Evaluation, device: torch.device) -> dict[str, float]:
    """Train as a trial does; return the metrics."""
    state = TrainState(network, make_optimizer(network, evaluation))
    with tempfile.TemporaryDirectory() as directory, contextlib.redirect_stdout(io.StringIO()):
        saver = Saver(
            Checkpoints(DirectoryStore(Path(directory)), "checkpoints/", "bench", 1, "candidate"), wanted_s=30.0
        )
        hooks = Hooks(report=MetricsEndpoint(WHO).set, save=partial(saver.save, state), due=saver.due)
        progress = Engine(state, data, Recipe(evaluation, seed=0), device, hooks).train(Progress())
        if saver.finish() is None:
            raise RuntimeError("the checkpoint was not stored")
    return progress.metrics


def timed(run: Callable[[nn.Module], object], network: nn.Module, device: torch.device) -> tuple[float, float]:
    """Return the seconds that it took by the clock and of the processor."""
    started, cpu = time.perf_counter(), time.process_time()
    run(network)
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - started, time.process_time() - cpu
