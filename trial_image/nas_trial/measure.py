"""Numbers of a network that need no training: parameters, FLOPs, latency."""

from __future__ import annotations

import os
import statistics
import time

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from nas_trial.signature import Inputs, Signature

WARM_UP, RUNS = 5, 30


def parameters(network: nn.Module) -> int:
    """Count the trainable parameters."""
    return sum(p.numel() for p in network.parameters() if p.requires_grad)


def flops(network: nn.Module, signature: Signature, device: torch.device) -> int:
    """Count the FLOPs of one example as papers on architecture search do: a multiply-add is one.

    Convolutions and matrix products count (PyTorch's counter, which counts a multiply-add as two, halved).
    """
    with FlopCounterMode(display=False) as counter:
        run_once(network, signature.zeros(device=device))
    total: int = counter.get_total_flops()
    return total // 2


def latency_ms(network: nn.Module, signature: Signature, device: torch.device) -> tuple[float, bool]:
    """Return the median time of one example in milliseconds, and whether the device was contended.

    On a CPU it is contended when, over the last minute, more threads wanted to run than the node has CPUs. A GPU that
    the device plugin gave to this pod is taken to be its alone.
    """
    inputs = signature.zeros(device=device)
    times = []
    for run in range(WARM_UP + RUNS):
        started = time.perf_counter()
        run_once(network, inputs)
        if device.type == "cuda":
            torch.cuda.synchronize()
        if run >= WARM_UP:
            times.append(1000 * (time.perf_counter() - started))
    contended = device.type == "cpu" and os.getloadavg()[0] > (os.cpu_count() or 1) + 0.5
    return statistics.median(times), contended


@torch.no_grad()
def run_once(network: nn.Module, inputs: Inputs) -> None:
    """Run the network in evaluation mode."""
    training = network.training
    network.eval()
    network(inputs)
    network.train(training)
