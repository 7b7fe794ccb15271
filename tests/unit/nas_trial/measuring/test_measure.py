from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
import torch
from tests.support.published_networks import mobilenet_v2, resnet50
from torch import nn

from nas_model.signature import ImageInput, Inputs, SeriesInput, Signature
from nas_trial.measuring import measure, metric_names

CPU = torch.device("cpu")
IMAGENET = Signature(1000, ImageInput(3, 224, 224))


class Image(nn.Module):
    def forward(self, inputs: Inputs) -> torch.Tensor:
        return inputs["image"]


class Recurrent(nn.Module):
    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, inputs: Inputs) -> torch.Tensor:
        outputs = self.layer(inputs["series"].transpose(1, 2))
        return outputs[0] if isinstance(outputs, tuple) else outputs


def images(channels: int, height: int, width: int) -> Signature:
    return Signature(2, ImageInput(channels, height, width))


def test_parameters_are_those_of_the_network_frozen_ones_too() -> None:
    network = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Linear(4, 2, bias=False))
    network[2].weight.requires_grad_(False)
    assert measure.parameters(network) == 8 * 3 * 9 + 8 + 8 + 8 + 4 * 2


def test_a_multiply_add_is_one_flop() -> None:
    network = nn.Sequential(Image(), nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.Flatten(), nn.Linear(8 * 6 * 5, 2))
    assert measure.count_flops(network, images(3, 6, 5).zeros()) == 6 * 5 * 8 * 3 * 9 + 8 * 6 * 5 * 2


@pytest.mark.parametrize(
    ("make", "parameters", "flops"), [(resnet50, 25_557_032, 4_089_184_256), (mobilenet_v2, 3_504_872, 300_774_272)]
)
def test_published_networks_have_their_published_numbers(
    make: Callable[[], nn.Module], parameters: int, flops: int
) -> None:
    """As torchvision lists its models: 25,557,032 and 4.09 GFLOPS, 3,504,872 and 0.30 GFLOPS."""
    with torch.device("meta"):
        network = make()
    assert measure.parameters(network) == parameters
    assert measure.count_flops(network, IMAGENET.zeros(device="meta")) == flops


@pytest.mark.parametrize(
    ("layer", "flops"),
    [
        # For each of 6 steps: 4 gates of an LSTM, 3 of a GRU, from 5 inputs and 7 states.
        (nn.LSTM(5, 7, batch_first=True), 6 * 4 * 7 * (5 + 7)),
        (nn.GRU(5, 7, batch_first=True), 6 * 3 * 7 * (5 + 7)),
        # Query, key, value and output projections, scores and mixing, then the two layers after.
        (nn.TransformerEncoderLayer(5, 1, 11, batch_first=True), 4 * 6 * 5 * 5 + 2 * 6 * 6 * 5 + 2 * 6 * 5 * 11),
    ],
    ids=["lstm", "gru", "transformer"],
)
def test_layers_with_fused_kernels_are_counted_too(layer: nn.Module, flops: int) -> None:
    assert measure.count_flops(Recurrent(layer), Signature(2, series=SeriesInput(5, 6)).zeros()) == flops


def test_int8_size_of_weights_scales_and_biases() -> None:
    network = nn.Sequential(
        nn.Conv2d(3, 8, 3, bias=False),  # 216 weights, 8 scales
        nn.BatchNorm2d(8),  # folded: 8 biases
        nn.Linear(8, 2),  # 16 weights, 2 scales, 2 biases
        nn.LayerNorm(2),  # 2 scales, 2 biases
    )
    assert measure.int8_bytes(network) == (216 + 4 * 8) + 4 * 8 + (16 + 4 * 2 + 4 * 2) + 4 * 4


def test_int8_size_of_mobilenet_v2_is_about_a_byte_a_parameter() -> None:
    with torch.device("meta"):
        network = mobilenet_v2()
    convolutions = [module for module in network.modules() if isinstance(module, nn.Conv2d)]
    channels = sum(convolution.out_channels for convolution in convolutions)
    weights = 3_504_872 - 2 * channels - 1000
    assert measure.int8_bytes(network) == weights + 4 * (channels + 1000) + 4 * (channels + 1000)


def test_all_metrics_are_there_and_measuring_changes_nothing() -> None:
    network = nn.Sequential(Image(), nn.BatchNorm2d(3), nn.Dropout(), nn.Flatten(), nn.Linear(48, 2))
    network[1].eval()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    state = torch.get_rng_state()
    metrics, _ = measure.hardware_metrics(network, images(3, 4, 4), CPU)
    assert set(metrics) == {
        "parameters",
        "flops",
        "peak_activation_bytes",
        "int8_peak_activation_bytes",
        "int8_bytes",
        "latency_ms",
        "latency_p90_ms",
        "throughput_per_s",
    }
    assert tuple(metrics) == metric_names.KNOWN
    assert all(type(value) is float and value > 0 for value in metrics.values())
    assert metrics["latency_p90_ms"] >= metrics["latency_ms"]
    assert network.training and not network[1].training
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    assert torch.equal(torch.get_rng_state(), state)


def test_runs_to_warm_up_are_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = itertools.accumulate(itertools.count())
    monkeypatch.setattr("time.perf_counter", lambda: next(clock) * 1e-6)
    times = measure.run_times_s(nn.Identity(), images(1, 2, 2).zeros(), CPU)
    # The n-th call comes n µs after the one before: one call at the start, then two a run.
    told = range(measure.WARM_UP, measure.WARM_UP + measure.RUNS)
    assert times == pytest.approx([(2 * run + 2) * 1e-6 for run in told])


def test_a_slow_network_runs_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = itertools.count()
    monkeypatch.setattr("time.perf_counter", lambda: next(clock) * 0.5)
    assert measure.run_times_s(nn.Identity(), images(1, 2, 2).zeros(), CPU) == [0.5] * measure.LEAST_RUNS


def test_latency_and_throughput_are_statistics_of_the_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = {1: [0.001 * n for n in range(1, 12)], measure.THROUGHPUT_BATCH: [0.5, 0.016, 0.008]}
    monkeypatch.setattr(measure, "run_times_s", lambda _, inputs, __: runs[len(inputs["image"])])
    metrics, _ = measure.hardware_metrics(nn.Sequential(Image(), nn.Flatten()), images(1, 2, 2), CPU)
    assert metrics["latency_ms"] == pytest.approx(6)
    assert metrics["latency_p90_ms"] == pytest.approx(10)
    assert metrics["throughput_per_s"] == pytest.approx(measure.THROUGHPUT_BATCH / 0.016)


@pytest.mark.parametrize(("load", "contended"), [(0.5, False), (2.4, False), (3.1, True)])
def test_a_cpu_is_contended_while_more_threads_want_to_run_than_there_are_cpus(
    load: float, contended: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.getloadavg", lambda: (load, 0.0, 0.0))
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    assert measure.contended(CPU) is contended
    assert not measure.contended(torch.device("cuda"))
