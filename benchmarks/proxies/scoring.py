"""The scores of one architecture, in a process of its own."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from benchmarks.proxies.data import minibatch
from nas_core.api.types import ProxyName
from nas_core.spaces.nas_bench_201 import NasBench201
from nas_model.networks.nas_bench_201 import NasBench201Network
from nas_trial.proxies.base import Batch
from nas_trial.proxies.scores import PROXIES, score_all

SPACE = NasBench201()
Task = tuple[int, str, Sequence[ProxyName]]
"""Index of an architecture, its text, and the proxies that are asked for."""


@dataclass(frozen=True)
class Settings:
    """What a score depends on besides the architecture."""

    images: str
    width: int
    depth: int
    batch: int
    seed: int

    @property
    def columns(self) -> dict[str, str]:
        """The settings as they are in the CSV."""
        return {name: str(value) for name, value in vars(self).items()}


class Scorer:
    """Scores one architecture after another."""

    def __init__(self, settings: Settings) -> None:
        torch.set_num_threads(1)
        self.settings, self.batch = settings, minibatch(settings.images, settings.batch, settings.seed)
        # What is loaded on first use is not what is measured.
        tiny = Batch({"image": self.batch.inputs["image"][:4]}, self.batch.targets[:4], self.batch.loss)
        score_all(_Tiny(), tiny, PROXIES)

    def score(self, index: int, text: str, names: Sequence[ProxyName]) -> list[dict[str, str]]:
        """Return a row of the CSV for each proxy: the score, and the CPU seconds that it took."""
        torch.manual_seed(self.settings.seed + index)
        network = NasBench201Network(SPACE.parse(text), 3, 10, self.settings.width, self.settings.depth)
        rows = []
        for name in names:
            started = time.process_time()
            score = score_all(network, self.batch, [name], self.settings.seed)[name]
            seconds = time.process_time() - started
            row = {"arch_index": str(index), "proxy": name, "score": repr(score), "cpu_seconds": f"{seconds:.4f}"}
            rows.append({**self.settings.columns, **row})
        return rows


class _Tiny(nn.Module):
    """A network that takes the batch."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(32, 10), nn.ReLU(), nn.Linear(10, 10))

    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        """Map the first row of each image to 10 outputs."""
        outputs: Tensor = self.layers(inputs["image"][:, 0, 0])
        return outputs


_of_process: list[Scorer] = []


def start(settings: Settings) -> None:
    """Make the scorer of a process."""
    _of_process.append(Scorer(settings))


def score(task: Task) -> list[dict[str, str]]:
    """Score an architecture."""
    return _of_process[0].score(*task)
