"""Latency and throughput on a GPU, which works on when Python has gone on."""

from __future__ import annotations

import statistics

import pytest
import torch
from tests.support.trials import architecture
from torch import nn

from nas_model.networks.nas_bench_201 import NasBench201Network
from nas_model.signature import ImageInput, Signature
from nas_trial.measuring import measure
from nas_trial.process.device import pick_device

SIGNATURE = Signature(outputs=10, image=ImageInput(3, 32, 32))


@pytest.fixture(scope="module")
def gpu() -> torch.device:
    return pick_device()


def network(gpu: torch.device, width: int = 16) -> nn.Module:
    torch.manual_seed(0)
    made = NasBench201Network(architecture("333333"), 3, 10, width=width, depth=5)
    return made.to(gpu).to(memory_format=torch.channels_last).eval()


def test_hardware_metrics(gpu: torch.device) -> None:
    found, contended = measure.hardware_metrics(network(gpu), SIGNATURE, gpu)
    assert contended is False
    assert 0 < found["latency_ms"] <= found["latency_p90_ms"]
    assert found["throughput_per_s"] > 1000 / found["latency_ms"], "a batch keeps a GPU busier than one example"
    alone, _ = measure.hardware_metrics(network(torch.device("cpu")), SIGNATURE, torch.device("cpu"))
    for name in ("parameters", "flops", "int8_bytes"):
        assert found[name] == alone[name]


def test_a_time_is_that_of_the_work_and_not_of_starting_it(gpu: torch.device) -> None:
    """Beside the GPU's own clock, with a batch that it works on far longer than Python needs to ask for it."""
    made, inputs = network(gpu, width=64), SIGNATURE.zeros(512, gpu)
    times = measure.run_times_s(made, inputs, gpu)
    begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    own = []
    with torch.no_grad():
        for _ in range(5):
            begin.record()
            made(inputs)
            end.record()
            torch.cuda.synchronize(gpu)
            own.append(begin.elapsed_time(end) / 1000)
    assert statistics.median(times) == pytest.approx(statistics.median(own), rel=0.3)
