"""A step along a single path beside the same step written plainly, and its memory beside that of its network alone.

Written plainly: a network with all operations of every edge, of which one an edge is computed. Both train along the
same paths on the same batches, in turns; a line tells how many times as fast over all steps, with an interval
(bootstrap over rounds). Memory is counted, not sampled: the bytes that the forward pass keeps for the backward pass,
beside those of the path's ordinary network. To be run while nothing else runs:
``OMP_NUM_THREADS=1 python -m benchmarks.supernet.path_steps``.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.supernet.gradient_steps import PlainCell, PlainNetwork
from benchmarks.supernet.steps import compared, in_turns, options, prepared
from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces.nas_bench_201 import EDGES, OPS, NasBench201
from nas_model.networks.build import build_network
from nas_model.signature import Inputs
from nas_trial.supernet.momenta import start_momenta
from nas_trial.supernet.shared_weights import SharedWeights
from nas_trial.training.schedule import make_optimizer

SEED = 0


class PlainPath(PlainNetwork):
    """Computes one operation an edge."""

    def along(self, x: Tensor, path: list[int]) -> Tensor:
        """Return logits (N, 10)."""
        ones = torch.ones(len(EDGES), len(OPS))
        x = self.stem(x)
        for cell in self.cells:
            x = cell(x, ones, path) if isinstance(cell, PlainCell) else cell(x)
        logits: Tensor = self.classifier(self.head(x).mean((2, 3)))
        return logits


def kept(network: nn.Module, inputs: Inputs) -> int:
    """Return the bytes that a network keeps for its backward pass, each memory counted once, weights not."""
    own = {weight.untyped_storage().data_ptr() for weight in network.parameters()}
    found: dict[int, int] = {}

    def note(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            found[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        network.train()(inputs)
    return sum(found.values())


def main() -> None:
    """Print a line for speed and one for memory."""
    args = options(__doc__, rounds=150)
    evaluation, data, batches = prepared(args)
    spec, space = SearchSpaceSpec(name="nas-bench-201", width=args.width, depth=args.depth), NasBench201()
    torch.manual_seed(SEED)
    weights, plain = SharedWeights.drawn(spec, data.signature), PlainPath(args.width, args.depth)
    plain.alpha.requires_grad_(False)
    for each in (weights, plain):
        each.to(memory_format=torch.channels_last)  # as the trainer does, and fast
    optimizers = make_optimizer(weights, evaluation, weights.decayed), make_optimizer(plain, evaluation)
    for optimizer in optimizers:
        start_momenta(optimizer)

    def shared(number: int) -> None:
        optimizers[0].zero_grad(set_to_none=True)
        weights.choose(space.sample(np.random.default_rng(number)))
        batch = batches[number % len(batches)]
        functional.cross_entropy(weights(data.inputs(batch)), batch.targets).backward()
        optimizers[0].step()

    def plainly(number: int) -> None:
        optimizers[1].zero_grad(set_to_none=True)
        path = space.sample(np.random.default_rng(number))
        batch = batches[number % len(batches)]
        outputs = plain.along(data.inputs(batch)["image"], [OPS.index(path[edge]) for edge in EDGES])
        functional.cross_entropy(outputs, batch.targets).backward()
        optimizers[1].step()

    found, rng = in_turns(shared, plainly, args.rounds), np.random.default_rng(SEED)
    print(compared("single path", found, rng))
    ratios = []
    for number in range(20):
        path = space.sample(np.random.default_rng(number))
        weights.choose(path)
        inputs = data.inputs(batches[0])
        ratios.append(kept(weights, inputs) / kept(build_network(spec, path, data.signature), inputs))
    print(f"memory for the backward pass: {max(ratios):.2f} times that of the path's own network, at most of 20 paths")


if __name__ == "__main__":
    main()
