"""Statistics of its own for each network that is judged with shared weights.

The supernet's batch normalisations see the activations of ever other networks, so that statistics gathered in training
are of none of them, and a network that is judged by them is judged by chance. So each one gets its own, from some
training batches, before it is judged (Yu & Huang 2019, arXiv:1903.05134, section 4; Guo et al. 2020, SPOS,
arXiv:1904.00420, section 3.4; Cai et al. 2020, arXiv:1908.09791).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from nas_model.precision import autocast
from nas_model.signature import Inputs
from nas_trial.data.examples import Examples

SEED = 0
"""Of the batches: the same for every network, as they are compared."""


@dataclass
class Recalibration:
    """Computes the statistics of networks, all from the same training examples."""

    examples: Examples
    batches: int
    """0: statistics stay as they are."""
    batch_size: int
    device: torch.device
    dtype: torch.dtype
    beat: Callable[[], None] = lambda: None
    """A sign of life."""
    _inputs: list[Inputs] = field(default_factory=list, init=False)

    @torch.no_grad()
    def __call__(self, network: nn.Module) -> None:
        """Give a network's batch normalisations the means over the batches; all else stays as it is."""
        normalisations = [module for module in network.modules() if isinstance(module, _BatchNorm)]
        if not self.batches or not normalisations:
            return
        was_training = network.training
        network.eval()
        for normalisation in normalisations:
            normalisation.reset_running_stats()
            # Without a momentum the statistics are the mean over all batches.
            normalisation.momentum = None
            normalisation.train()
        for inputs in self._batches():
            with autocast(self.device, self.dtype):
                network(dict(inputs))
            self.beat()
        network.train(was_training)

    def _batches(self) -> list[Inputs]:
        """Return the inputs; they are read once, as there are many networks."""
        if not self._inputs:
            train = self.examples.train
            size = min(self.batch_size, len(train))
            rows = torch.split(train.order(SEED, 0)[: self.batches * size], size)
            # One of a single example has no variance.
            with closing(train.batches([chosen for chosen in rows if len(chosen) > 1])) as batches:
                self._inputs = [self.examples.inputs(batch) for batch in batches]
        return self._inputs
