"""A moving average of the weights, which is often better than the last ones (Polyak & Juditsky 1992)."""

from __future__ import annotations

import copy

import torch
from torch import nn


class Average:
    """A network whose weights and running statistics follow another's."""

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.network = copy.deepcopy(network).requires_grad_(False)
        self._decay = decay
        # Looked up once: the tensors stay the same, whatever is written into them.
        pairs = list(zip(self.network.state_dict().values(), network.state_dict().values(), strict=True))
        self._ours = [our for our, _ in pairs if our.is_floating_point()]
        self._theirs = [their for our, their in pairs if our.is_floating_point()]
        self._counters = [(our, their) for our, their in pairs if not our.is_floating_point()]

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Move towards the network after a step, counted from 0.

        The decay grows to its value over the first steps, so that short trials are not judged by their random start.
        """
        torch._foreach_lerp_(self._ours, self._theirs, 1 - min(self._decay, (1 + step) / (10 + step)))
        for our, their in self._counters:
            our.copy_(their)
