"""The metrics of a network on a split."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from nas_trial.data.examples import Examples, Split
from nas_trial.process.device import autocast
from nas_trial.training.distributed import Group
from nas_trial.training.hooks import Hooks

BATCH = 512
"""Examples that are judged at once, at most."""


@dataclass
class Validator:
    """Runs networks over splits."""

    data: Examples
    device: torch.device
    dtype: torch.dtype
    """The arithmetic of the forward pass."""
    hooks: Hooks
    group: Group | None = None
    """Processes that divide the split among themselves."""
    batch: int = BATCH

    @torch.no_grad()
    def metrics(self, network: nn.Module, split: Split) -> dict[str, float]:
        """Return the task's metrics, names without prefix; the network is left in evaluation mode.

        A batch that does not fit into the memory is halved, now and from then on.

        Raises:
            torch.OutOfMemoryError: if not even one example fits.
        """
        network.eval()
        outputs = torch.zeros(len(split), self.data.signature.outputs, device=self.device)  # (N, outputs)
        done, end = self.group.shard_range(len(split)) if self.group else (0, len(split))
        while done < end:
            chosen = torch.arange(done, min(done + self.batch, end), device=self.device)
            try:
                outputs[done : done + len(chosen)] = self._outputs(network, split, chosen)
                done += len(chosen)
            except torch.OutOfMemoryError:
                if len(chosen) == 1:
                    raise
                self.batch = len(chosen) // 2
            self.hooks.beat()
        if self.group:
            # Each process has filled its own rows, the others are zero: the sum is the whole.
            self.group.all_reduce([outputs])
        return self.data.task.metrics(outputs, split.targets)

    def _outputs(self, network: nn.Module, split: Split, chosen: Tensor) -> Tensor:
        x, _ = self.data.batch(split, chosen)
        with autocast(self.device, self.dtype):
            outputs: Tensor = network(x)  # (n, outputs)
        return outputs
