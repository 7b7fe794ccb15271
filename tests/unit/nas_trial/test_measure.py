from __future__ import annotations

import pytest
import torch
from torch import nn

from nas_trial import measure
from nas_trial.signature import ImageInput, Inputs, Signature

CPU = torch.device("cpu")


class Image(nn.Module):
    def forward(self, inputs: Inputs) -> torch.Tensor:
        return inputs["image"]


def images(channels: int, height: int, width: int) -> Signature:
    return Signature(2, ImageInput(channels, height, width))


def test_parameters_are_those_that_are_trained() -> None:
    network = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Linear(4, 2, bias=False))
    network[2].weight.requires_grad_(False)
    assert measure.parameters(network) == 8 * 3 * 9 + 8 + 8 + 8


def test_a_multiply_add_is_one_flop() -> None:
    network = nn.Sequential(Image(), nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.Flatten(), nn.Linear(8 * 6 * 5, 2))
    assert measure.flops(network, images(3, 6, 5), CPU) == 6 * 5 * 8 * 3 * 9 + 8 * 6 * 5 * 2


def test_measuring_changes_nothing() -> None:
    network = nn.Sequential(Image(), nn.BatchNorm2d(3), nn.Dropout())
    before = {name: value.clone() for name, value in network.state_dict().items()}
    measure.flops(network, images(3, 4, 4), CPU)
    measure.latency_ms(network, images(3, 4, 4), CPU)
    assert network.training
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())


@pytest.mark.parametrize(("load", "contended"), [(0.5, False), (2.4, False), (3.1, True)])
def test_latency_tells_whether_others_ran(load: float, contended: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.getloadavg", lambda: (load, 0.0, 0.0))
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    clock = iter(range(1000))
    monkeypatch.setattr("time.perf_counter", lambda: next(clock) / 1000)
    assert measure.latency_ms(nn.Identity(), images(1, 2, 2), CPU) == (pytest.approx(1.0), contended)
