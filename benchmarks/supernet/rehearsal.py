"""Before the trainings: how many side by side, and in which arithmetic, go fastest on this GPU."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from benchmarks.supernet.images import Images
from benchmarks.supernet.training import Lane, Recipe, Trainee
from nas_core.spaces import Architecture

LANES = (16, 12, 8, 4, 1)
DTYPES: Sequence[torch.dtype] = (torch.bfloat16, torch.float32)
LARGEST, LEARNED = 4, 0.2
"""So many of the largest networks, and an accuracy that one of them has after ``STEPS``; to guess gives 0.1."""
STEPS, TURN = 40, 5
"""Steps of each network in a measurement, and how many it gets at a time."""


@dataclass(frozen=True)
class Pace:
    """A way to run, and how fast it is."""

    dtype: torch.dtype
    lanes: int
    steps_per_s: float
    """Of all lanes together."""


def rehearse(
    architectures: Sequence[Architecture],
    images: Images,
    batch: int,
    device: torch.device,
    dtypes: Sequence[torch.dtype] = DTYPES,
) -> list[Pace]:
    """Try each way with architectures that stand for all, as many as there are lanes at most; the fastest is first."""
    lanes = [Lane(device) for _ in range(max(LANES))]
    found = []
    for dtype in dtypes:
        recipe = Recipe(epochs=1, batch=batch, dtype=dtype)
        trainees = [Trainee(one, images, recipe, lane) for one, lane in zip(architectures, lanes, strict=False)]
        for at_once in LANES:
            found.append(Pace(dtype, at_once, _steps_per_s(trainees, at_once)))
        # A recorded step that does nothing would be fast as well.
        if (reached := max(trainee.accuracy(images.val) for trainee in trainees[:LARGEST])) < LEARNED:
            raise RuntimeError(f"after {STEPS} recorded steps in {dtype} the accuracy is {reached}")
    return sorted(found, key=lambda pace: -pace.steps_per_s)


def _steps_per_s(trainees: Sequence[Trainee], at_once: int) -> float:
    steps = min(STEPS, trainees[0].steps)
    for trainee in trainees:
        trainee.begin(seed=0)
    torch.cuda.synchronize()
    started = time.perf_counter()
    for first in range(0, len(trainees), at_once):
        for turn in range(0, steps, TURN):
            for trainee in trainees[first : first + at_once]:
                trainee.train(min(TURN, steps - turn))
        torch.cuda.synchronize()
    return steps * len(trainees) / (time.perf_counter() - started)
