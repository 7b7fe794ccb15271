"""Numbers of a network that need no training: parameters, FLOPs, memory, int8 size, latency, throughput.

`docs/measurements.md` says of each what it means. All leave the network as it was.
"""

from __future__ import annotations

import os
import statistics
import time

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.flop_counter import FlopCounterMode

from nas_model.signature import Inputs, Signature
from nas_trial.measuring.activation_memory import peak_activations
from nas_trial.measuring.eval_modes import evaluating, plain_kernels

WARM_UP, RUNS = 5, 30
TIME_LIMIT_S = 1.0
"""Slow networks run less often than ``RUNS``: no longer than this, but at least ``LEAST_RUNS`` times."""
LEAST_RUNS = 5
THROUGHPUT_BATCH = 32
WIDE, NARROW = 4, 1
"""Bytes of what stays wide in an int8 network (biases, scales), and of its weights."""


def hardware_metrics(network: nn.Module, signature: Signature, device: torch.device) -> tuple[dict[str, float], bool]:
    """Return all metrics of this module by name, and whether the device was contended while it was timed.

    Names: parameters, flops, peak_activation_bytes, int8_peak_activation_bytes, int8_bytes, latency_ms,
    latency_p90_ms, throughput_per_s.
    """
    # Zeros: what a network costs does not depend on the values, and a data set need not be there.
    one = signature.zeros(device=device)
    times = run_times_s(network, one, device)
    together = statistics.median(run_times_s(network, signature.zeros(THROUGHPUT_BATCH, device), device))
    timed = {
        "latency_ms": 1000 * statistics.median(times),
        "latency_p90_ms": 1000 * statistics.quantiles(times, n=10, method="inclusive")[-1],
        "throughput_per_s": THROUGHPUT_BATCH / together,
    }
    return counted_metrics(network, signature, device) | timed, contended(device)


def counted_metrics(network: nn.Module, signature: Signature, device: torch.device) -> dict[str, float]:
    """Return those that are counted, not timed: the same on every device, whatever else runs there."""
    one = signature.zeros(device=device)
    peak = peak_activations(network, one)
    counts = {
        "parameters": parameters(network),
        "flops": count_flops(network, one),
        "peak_activation_bytes": peak.as_run,
        "int8_peak_activation_bytes": peak.int8,
        "int8_bytes": int8_bytes(network),
    }
    return {name: float(value) for name, value in counts.items()}


def parameters(network: nn.Module) -> int:
    """Count the parameters, also those that are not trained (`evaluation.initFrom.freeze`)."""
    return sum(p.numel() for p in network.parameters())


def count_flops(network: nn.Module, inputs: Inputs) -> int:
    """Count FLOPs as papers on architecture search do: a multiply-add is one.

    Convolutions and matrix products count (PyTorch's counter, which counts a multiply-add as two, halved).
    """
    with evaluating(network), plain_kernels(network), FlopCounterMode(display=False) as counter:
        network(inputs)
    total: int = counter.get_total_flops()
    return total // 2  # a multiply-add is one here, two there


def int8_bytes(network: nn.Module) -> int:
    """Return the bytes of the network's weights after quantisation to 8 bits, by the usual scheme.

    Weights (two dimensions or more) take a byte each and a 4-byte scale for each output channel; a vector (bias, scale
    of a normalisation) 4 bytes an element. A batch normalisation is folded into the layer before it: only a bias of 4
    bytes a channel is left of it.

    Reference: Jacob et al., "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only
    Inference", CVPR 2018, arXiv:1712.05877; the scale for each channel: Krishnamoorthi 2018, arXiv:1806.08342.
    """
    norms = [module for module in network.modules() if isinstance(module, _BatchNorm)]
    # Before quantising, a normalisation's scale goes into the convolution's weights, its shift into a bias.
    folded = {id(p) for norm in norms for p in norm.parameters(recurse=False)}
    total = sum(WIDE * norm.num_features for norm in norms)
    for parameter in network.parameters():
        if id(parameter) in folded:
            continue
        if parameter.dim() >= 2:  # weights: a byte each, and a scale for each output channel
            total += NARROW * parameter.numel() + WIDE * parameter.shape[0]
        else:
            total += WIDE * parameter.numel()
    return total


def run_times_s(network: nn.Module, inputs: Inputs, device: torch.device) -> list[float]:
    """Return the seconds of single forward passes, after some to warm up."""
    times: list[float] = []
    begun = time.perf_counter()
    with evaluating(network):
        for run in range(WARM_UP + RUNS):
            started = time.perf_counter()
            network(inputs)
            if device.type == "cuda":
                torch.cuda.synchronize(device)  # kernels run on after the call returns
            ended = time.perf_counter()
            if run >= WARM_UP:  # the first passes choose algorithms and fill caches
                times.append(ended - started)
            if len(times) >= LEAST_RUNS and ended - begun > TIME_LIMIT_S:
                break
    return times


def contended(device: torch.device) -> bool:
    """Whether others use the device, so that times are longer than they should be.

    On a CPU: if, over the last minute, more threads wanted to run than the node has CPUs. A GPU that the device plugin
    gave to this pod is taken to be its alone.
    """
    # Half a CPU more: the measurement itself is part of the load.
    return device.type == "cpu" and os.getloadavg()[0] > (os.cpu_count() or 1) + 0.5
