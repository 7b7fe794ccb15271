from __future__ import annotations

import pytest
import torch
from torch import nn

from nas_trial.training.ema import Ema


def test_it_follows_weights_and_running_statistics() -> None:
    network = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    average = Ema(network, 0.9)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    with torch.no_grad():
        network[0].weight.add_(1.0)  # type: ignore[operator]
        network[1].running_mean.add_(1.0)  # type: ignore[operator]
        network[1].num_batches_tracked.add_(7)  # type: ignore[operator]
    average.update(1000)
    after = average.network.state_dict()
    assert torch.allclose(after["0.weight"], before["0.weight"] + 0.1)
    assert torch.allclose(after["1.running_mean"], before["1.running_mean"] + 0.1)
    assert after["1.num_batches_tracked"] == 7
    assert not any(p.requires_grad for p in average.network.parameters())


@pytest.mark.parametrize(("step", "decay"), [(0, 0.1), (8, 0.5), (10_000, 0.999)])
def test_the_decay_grows_over_the_first_steps(step: int, decay: float) -> None:
    network = nn.Linear(1, 1, bias=False)
    average = Ema(network, 0.999)
    with torch.no_grad():
        before = network.weight.item()
        network.weight.add_(1.0)
    average.update(step)
    assert average.network.weight.item() - before == pytest.approx(1 - decay, abs=1e-5)  # type: ignore[operator]


def test_it_follows_a_network_that_was_loaded_later() -> None:
    network = nn.Linear(1, 1, bias=False)
    average = Ema(network, 0.5)
    network.load_state_dict({"weight": torch.tensor([[3.0]])})
    average.network.load_state_dict({"weight": torch.tensor([[1.0]])})
    average.update(1000)
    assert average.network.weight.item() == 2.0  # type: ignore[operator]
