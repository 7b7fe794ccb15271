from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from nas_core.api.space import SearchSpaceSpec
from nas_core.api.task import Dataset, Task
from nas_trial.data.examples import Examples
from nas_trial.data.load import load_examples
from nas_trial.process.stop import StopFlag
from nas_trial.supernet.recalibration import Recalibration
from nas_trial.supernet.shared_weights import SharedWeights

CPU = torch.device("cpu")
CELLS = SearchSpaceSpec(name="nas-bench-201", width=2, depth=1)


@pytest.fixture(scope="module")
def examples() -> Examples:
    return load_examples(Task(dataset=Dataset(name="digits", max_examples=200)), None, 0, CPU, StopFlag())


@pytest.fixture
def network(examples: Examples) -> nn.Module:
    torch.manual_seed(0)
    weights = SharedWeights.drawn(CELLS, examples.signature)
    return weights.extract(dict.fromkeys(weights.space.sample(np.random.default_rng(0)), "nor_conv_3x3"))


def recalibration(examples: Examples, batches: int = 4) -> Recalibration:
    return Recalibration(examples, batches, 32, CPU, torch.float32)


@torch.no_grad()
def outputs(network: nn.Module, examples: Examples, *, training: bool = False) -> Tensor:
    [batch] = examples.train.batches([examples.train.in_order()])
    found: Tensor = network.train(training)(examples.inputs(batch))
    return found


def test_a_network_computes_with_the_statistics_of_the_examples_and_not_with_others(
    network: nn.Module, examples: Examples
) -> None:
    # The fault that it cures: statistics of other networks, or of none, make a judgement chance.
    stale = outputs(network, examples)
    recalibration(examples)(network)
    own = outputs(network, examples)
    wanted = outputs(network, examples, training=True)  # normalised by all the examples themselves
    assert (own - wanted).abs().mean() < 0.2 * (stale - wanted).abs().mean()


def test_it_is_the_same_for_each_network_whatever_came_before(network: nn.Module, examples: Examples) -> None:
    recalibrate = recalibration(examples)
    recalibrate(network)
    once = {name: value.clone() for name, value in network.state_dict().items()}
    recalibrate(network)
    assert all(torch.equal(value, once[name]) for name, value in network.state_dict().items())


def test_without_batches_statistics_stay_as_they_are(network: nn.Module, examples: Examples) -> None:
    before = {name: value.clone() for name, value in network.state_dict().items()}
    replace(recalibration(examples), batches=0)(network)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_a_network_without_batch_normalisation_is_not_run(examples: Examples) -> None:
    class Never(nn.Module):
        def forward(self, inputs: object) -> Tensor:
            raise AssertionError

    recalibration(examples)(Never())
