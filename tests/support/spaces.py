"""What is tried with every ready-made space: many random architectures, and networks of some of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces import SearchSpace, get_space
from nas_core.testing.space_conformance import features
from nas_model.networks.build import build_network
from nas_model.signature import Signature
from nas_trial.measuring.measure import count_flops


def vary(space: SearchSpace, architectures: int = 1_000) -> int:
    """Draw, hash, mutate, cross, encode and decode so many architectures; return how many distinct ones there were."""
    rng = np.random.default_rng(11)
    one, ids = space.sample(rng), set()
    for _ in range(architectures):
        other = space.sample(rng)
        for found in (other, space.mutate(other, rng), space.crossover(one, other, rng)):
            space.validate(found)
            assert space.parse(space.text(found)) == found
            assert np.isfinite(features(space, found)).all()
        ids.add(space.canonical_id(other))
        one = other
    return len(ids)


def random_inputs(signature: Signature, examples: int) -> dict[str, Tensor]:
    """Return inputs as data has them: noise, tokens with padding at the end, codes of every column."""
    generator = torch.Generator().manual_seed(5)
    inputs = {name: torch.randn(zeros.shape, generator=generator) for name, zeros in signature.zeros(examples).items()}
    if signature.text:
        text = signature.text
        inputs["text"] = torch.randint(1, text.vocabulary, (examples, text.length), generator=generator)
        inputs["text"][::2, text.length // 2 :] = 0
    if signature.table:
        codes = [torch.randint(0, count, (examples,), generator=generator) for count in signature.table.categories]
        inputs["categorical"] = torch.stack(codes, 1) if codes else torch.zeros(examples, 0, dtype=torch.int64)
    return inputs


def trained_networks(
    spec: SearchSpaceSpec, signature: Signature, networks: int = 20, examples: int = 6
) -> Iterator[tuple[dict[str, str], nn.Module]]:
    """Build random architectures and train each one step; yield them when every parameter has had a gradient."""
    rng, inputs = np.random.default_rng(7), random_inputs(signature, examples)
    for _ in range(networks):
        architecture = get_space(spec).sample(rng)
        network = build_network(spec, architecture, signature)
        outputs = network(inputs)
        assert outputs.shape == (examples, signature.outputs)
        outputs.square().sum().backward()
        for name, parameter in network.named_parameters():
            assert parameter.grad is not None, f"{name} of {architecture} is not used"
            assert parameter.grad.isfinite().all(), f"{name} of {architecture}"
        yield architecture, network


class _Counting(TorchDispatchMode):
    """Counts the operations that PyTorch calls, whatever their size."""

    operations = 0

    def __torch_dispatch__(self, operation: Any, _: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.operations += 1
        return operation(*args, **(kwargs or {}))


def work_of_a_step(network: nn.Module, inputs: dict[str, Tensor]) -> tuple[int, int]:
    """Return the multiply-adds of a batch forward, and the operations of a training step.

    Together they bound a step's time, which itself depends on the machine and on what else runs there.
    """
    with _Counting() as counting:
        network(inputs).square().mean().backward()
    return count_flops(network, inputs), counting.operations
