"""The exponential moving average (EMA) of the weights, which often generalises better than the last ones.

Reference: Polyak & Juditsky, "Acceleration of Stochastic Approximation by Averaging", 1992; the exponential form is
that of Tarvainen & Valpola 2017, arXiv:1703.01780.
"""

from __future__ import annotations

import copy

import torch
from torch import nn


class Ema:
    """A network whose weights and running statistics follow another's."""

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.network = copy.deepcopy(network).requires_grad_(False)
        self._decay = decay
        # Looked up once: the tensors stay the same, whatever is written into them.
        pairs = list(zip(self.network.state_dict().values(), network.state_dict().values(), strict=True))
        self._averages = [average for average, _ in pairs if average.is_floating_point()]
        self._sources = [source for average, source in pairs if average.is_floating_point()]
        self._counters = [(average, source) for average, source in pairs if not average.is_floating_point()]

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Move towards the network after a step, counted from 0.

        The decay grows to its value over the first steps, so that short trials are not judged by their random start.
        """
        decay = min(self._decay, (1 + step) / (10 + step))
        # One kernel for all tensors; a loop over them would cost more than the training step of a small network.
        torch._foreach_lerp_(self._averages, self._sources, 1 - decay)
        for average, source in self._counters:  # batches seen, which have no mean
            average.copy_(source)
