"""Running statistics of batch normalisations that stand still: they follow the steps of the weights alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm


def normalisations(network: nn.Module) -> list[nn.Module]:
    """Return a network's batch normalisations that have running statistics."""
    return [layer for layer in network.modules() if isinstance(layer, _BatchNorm) and layer.track_running_stats]


@contextmanager
def still(layers: Sequence[nn.Module]) -> Iterator[None]:
    """Let no batch of a block change the statistics of layers; each is normalised by its own, as in training."""
    try:
        for layer in layers:
            layer.track_running_stats = False  # type: ignore[assignment]
        yield
    finally:
        for layer in layers:
            layer.track_running_stats = True  # type: ignore[assignment]
