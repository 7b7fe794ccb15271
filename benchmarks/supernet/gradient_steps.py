"""Steps of searches by gradients beside the same steps written plainly: one network, the same batches, in turns.

A step is the architecture's and the weights'. Written plainly means as the published code does it: one module a mixed
operation that adds up the weighted results, ``backward`` of the whole loss for the architecture too, Adam and SGD of
PyTorch as the trainer sets them. One line a method: how many times as fast, over all steps, with an interval
(bootstrap over rounds). Of GDAS both draw options of their own, which cost more or less. To be run while nothing else
runs: ``OMP_NUM_THREADS=1 python -m benchmarks.supernet.gradient_steps``.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.supernet.steps import CPU, Step, compared, in_turns, options, prepared
from nas_core.api.evaluation import Evaluation
from nas_core.api.gradient import Darts, Gdas, Gradient
from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces.nas_bench_201 import EDGES, OPS
from nas_model.networks.nas_bench_201 import Reduction
from nas_model.networks.operations import operation
from nas_trial.data.examples import Batch, Examples
from nas_trial.supernet.gradient.run import prepare
from nas_trial.training.lessons import Lessons
from nas_trial.training.recipe import Recipe
from nas_trial.training.schedule import make_optimizer
from nas_trial.training.step_rule import Lesson


class PlainCell(nn.Module):
    """A cell of NAS-Bench-201 whose edges have all operations."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.edges = nn.ModuleDict(
            {
                edge: nn.ModuleList(without_affine(operation(name.removeprefix("nor_"), channels)) for name in OPS)
                for edge in EDGES
            }
        )

    def forward(self, x: Tensor, weights: Tensor, path: Sequence[int] | None) -> Tensor:
        """Map (N, C, H, W) to the same; ``weights`` (edges, options), of which a ``path`` computes one a row."""
        nodes = [x]
        for target in range(1, 4):
            total: Any = 0
            for source in range(target):
                number, options = EDGES.index(f"{source}-{target}"), self.edges[f"{source}-{target}"]
                assert isinstance(options, nn.ModuleList)
                row = weights[number]
                if path is None:
                    total = total + sum(
                        weight * option(nodes[source]) for weight, option in zip(row, options, strict=True)
                    )
                else:
                    total = total + row[path[number]] * options[path[number]](nodes[source])
            nodes.append(total)
        return nodes[-1]


class PlainNetwork(nn.Module):
    """The network of NAS-Bench-201 of such cells."""

    def __init__(self, width: int, depth: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, width, 3, padding=1, bias=False), nn.BatchNorm2d(width))
        self.cells = nn.ModuleList()
        for stage in range(3):
            channels = width * 2**stage
            if stage:
                self.cells.append(Reduction(channels // 2, channels))
            self.cells.extend(PlainCell(channels) for _ in range(depth))
        self.head = nn.Sequential(nn.BatchNorm2d(4 * width), nn.ReLU())
        self.classifier = nn.Linear(4 * width, 10)
        self.alpha = nn.Parameter(1e-3 * torch.randn(len(EDGES), len(OPS)))

    def forward(self, x: Tensor, temperature: float | None = None) -> Tensor:
        """Return logits (N, 10); with a temperature of one option an edge, drawn."""
        weights, path = torch.softmax(self.alpha, -1), None
        if temperature is not None:
            noise = -torch.empty_like(self.alpha).exponential_().log()
            soft = torch.softmax((torch.log_softmax(self.alpha, -1) + noise) / temperature, -1)
            index = soft.max(-1, keepdim=True)[1]
            weights = torch.zeros_like(soft).scatter_(-1, index, 1.0) - soft.detach() + soft
            path = index[:, 0].tolist()
        x = self.stem(x)
        for cell in self.cells:
            x = cell(x, weights, path) if isinstance(cell, PlainCell) else cell(x)
        logits: Tensor = self.classifier(self.head(x).mean((2, 3)))
        return logits


def without_affine(module: nn.Module) -> nn.Module:
    """Let batch normalisations have no scale and shift, as in the published searches."""
    for layer in module.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.register_parameter("weight", None)
            layer.register_parameter("bias", None)
    return module


def plain(settings: Gradient, data: Examples, evaluation: Evaluation, batches: Sequence[Batch], args: Any) -> Step:
    """Return the step written plainly."""
    torch.manual_seed(0)
    network = PlainNetwork(args.width, args.depth).to(memory_format=torch.channels_last)
    alpha = network.alpha
    network.alpha.requires_grad_(False)
    weights = make_optimizer(network, evaluation)
    network.alpha.requires_grad_(True)
    adam = torch.optim.Adam([alpha], lr=3e-4, betas=(0.5, 0.999), weight_decay=1e-3)
    if isinstance(settings, Gdas):  # the fused step takes no weights without momentum beside others with
        for group in weights.param_groups:
            for weight in group["params"]:
                weights.state[weight]["momentum_buffer"] = torch.zeros_like(weight)
    temperature = 10.0 if isinstance(settings, Gdas) else None

    def loss_of(batch: Batch) -> Tensor:
        return functional.cross_entropy(network(data.inputs(batch)["image"], temperature), batch.targets)

    def step(number: int) -> None:
        network.zero_grad(set_to_none=True)
        loss_of(batches[(number + 1) % len(batches)]).backward()
        adam.step()
        network.zero_grad(set_to_none=True)
        loss_of(batches[number % len(batches)]).backward()
        weights.step()

    return step


def ours(settings: Gradient, data: Examples, evaluation: Evaluation, batches: Sequence[Batch], args: Any) -> Step:
    """Return the trainer's step: what its rule does, and the step of the optimiser behind it."""
    space = SearchSpaceSpec(name="nas-bench-201", width=args.width, depth=args.depth)
    search = prepare(space, settings, data, Recipe(evaluation, seed=0), CPU)
    lessons, network = Lessons(data, None, 0.0, CPU, torch.float32), search.state.network

    def step(number: int) -> None:
        search.state.optimizer.zero_grad(set_to_none=True)
        search.rule.begin(number, number, 0.1)
        run, loss_of = lessons.of(batches[number % len(batches)], network, random.Random(number))
        search.rule.learn(Lesson(run, loss_of, lambda loss: loss.backward()))
        search.state.optimizer.step()

    return step


def main() -> None:
    """Print a line for each method."""
    args = options(__doc__, rounds=40)
    evaluation, data, batches = prepared(args)
    rng = np.random.default_rng(0)
    for settings in (Darts(), Gdas()):
        name = type(settings).__name__
        steps = [make(settings, data, evaluation, batches, args) for make in (ours, plain)]
        # What GDAS draws costs more or less, so it takes more of its steps to tell; each is short.
        found = in_turns(steps[0], steps[1], args.rounds * (5 if isinstance(settings, Gdas) else 1))
        print(compared(name, found, rng))


if __name__ == "__main__":
    main()
