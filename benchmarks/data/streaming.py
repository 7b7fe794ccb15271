"""Training on photos that stay on the disk: the engine on prepared data beside a plain loop with PyTorch's DataLoader.

Both train one small network, on the same device and with as many processes that read. The plain loop
reads the folder of JPEG files as people do (torchvision's ImageFolder, files decoded in every epoch); the engine reads
the shards that were prepared from it. Neither preparing nor building the networks is timed.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder
from torchvision.transforms.v2 import PILToTensor

from benchmarks.data import sources
from benchmarks.trainer.speed import by_engine, timed
from nas_core.api.evaluation import Evaluation
from nas_core.api.task import Task
from nas_model.precision import autocast
from nas_trial.data.examples import Examples
from nas_trial.data.load import load_examples
from nas_trial.process.device import cpu_limit, pick_dtype
from nas_trial.process.stop import StopFlag
from nas_trial.training.defaults import with_defaults

TARGET = 0.95
"""Of the plain loop's speed."""


@dataclass(frozen=True)
class Round:
    """Seconds of one round by the clock."""

    engine: float
    plain: float
    waited: float
    """Share of the engine's last epoch in which it waited for data."""

    @property
    def ratio(self) -> float:
        """Speed of the engine; that of the plain loop is 1."""
        return self.plain / self.engine


class SmallNetwork(nn.Module):
    """Little to compute, so that reading counts: photos are pooled first."""

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.AvgPool2d(4),
            nn.Conv2d(3, 16, 3, padding=1, bias=False),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.AvgPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1, bias=False),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(32, outputs),
        )

    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        """Return the outputs (N, outputs) of ``image`` (N, 3, H, W)."""
        outputs: Tensor = self.layers(inputs["image"])
        return outputs


def measure(directory: Path, rounds: int, device: torch.device) -> None:
    """Print the speed of both loops on photos that are kept as values, and on larger ones that are kept as JPEG."""
    evaluation = with_defaults(Evaluation(epochs=2, batch_size=128), "image-classification")
    print("| photos | limit | engine, examples/s | plain loop, examples/s | ratio (median) | rounds | waiting |")
    print("|---|---|---|---|---|---|---|")
    for count, side, limit in ((8000, 64, "1Mi"), (8000, 128, "1Mi"), (8000, 64, "8Gi")):
        folder = sources.photos(directory, count, side)
        examples = prepared(folder, limit, device)
        found = compare(folder, examples, evaluation, rounds, device)
        seen = evaluation.epochs * len(examples.train)
        engine, plain = (statistics.median(getattr(each, name) for each in found) for name in ("engine", "plain"))
        ratios = sorted(each.ratio for each in found)
        print(
            f"| {count} of {side} x {side} | {limit} | {seen / engine:.0f} | {seen / plain:.0f} | "
            f"{statistics.median(ratios):.2f} | {ratios[0]:.2f} to {ratios[-1]:.2f} | "
            f"{statistics.median(each.waited for each in found):.2f} |",
            flush=True,
        )
    print(f"\ntarget: {TARGET} of a plain loop\n")


def prepared(photos: Path, limit: str, device: torch.device) -> Examples:
    """Prepare a folder of photos; with a small ``limit`` (a quantity) they are read while training."""
    dataset = {"path": str(photos), "memoryLimit": limit}
    task = Task.model_validate({"type": "image-classification", "dataset": dataset})
    return load_examples(task, None, 0, device, StopFlag())


def compare(photos: Path, examples: Examples, evaluation: Evaluation, rounds: int, device: torch.device) -> list[Round]:
    """Train with both in turns, after a round of both that is not counted."""
    found = []
    waited = 0.0

    def engine(network: nn.Module) -> None:
        nonlocal waited
        waited = by_engine(network, examples, evaluation, device)["device_wait_share"]

    runs: dict[str, Callable[[nn.Module], object]] = {
        "engine": engine,
        "plain": lambda network: plain(network, photos, examples, evaluation, device),
    }
    for number in range(rounds + 1):
        seconds = {}
        for name in sorted(runs, reverse=number % 2 == 1):
            torch.manual_seed(number)
            network = SmallNetwork(len(examples.classes)).to(device).to(memory_format=torch.channels_last)
            seconds[name], _ = timed(runs[name], network, device)
        if number:
            found.append(Round(seconds["engine"], seconds["plain"], waited))
    return found


def plain(network: nn.Module, photos: Path, examples: Examples, evaluation: Evaluation, device: torch.device) -> float:
    """Train as people do by hand; return the accuracy on the last fifth of the photos."""
    spec, (mean, deviation) = evaluation.optimizer, examples.scales["image"]
    data = ImageFolder(str(photos), PILToTensor())
    training, validation = torch.utils.data.random_split(data, [len(examples.train), len(examples.val)])
    dtype = pick_dtype("auto", device)
    loader = partial(
        DataLoader, batch_size=evaluation.batch_size, num_workers=cpu_limit(), pin_memory=device.type == "cuda"
    )

    def outputs_of(images: Tensor) -> Tensor:
        with autocast(device, dtype):
            outputs: Tensor = network({"image": (images.to(device, non_blocking=True).float() - mean) / deviation})
        return outputs

    optimizer = torch.optim.SGD(
        network.parameters(),
        lr=float(spec.learning_rate or 0),
        momentum=float(spec.momentum),
        weight_decay=float(spec.weight_decay or 0),
        nesterov=True,
        fused=True,
    )
    accuracy = 0.0
    for _ in range(evaluation.epochs):
        network.train()
        for images, labels in loader(training, shuffle=True):
            loss = functional.cross_entropy(outputs_of(images).float(), labels.to(device, non_blocking=True))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        network.eval()
        right = torch.zeros((), dtype=torch.int64, device=device)
        with torch.no_grad():
            for images, labels in loader(validation):
                right += (outputs_of(images).argmax(1) == labels.to(device, non_blocking=True)).sum()
        accuracy = int(right) / len(examples.val)
    return accuracy
