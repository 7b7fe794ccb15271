"""The metrics of a network on a split."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from nas_model.precision import autocast
from nas_trial.data.examples import Batch, Examples, Split
from nas_trial.training.distributed import Group
from nas_trial.training.hooks import Hooks

MOST = 512
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
    named: Collection[str] = ()
    """Metrics, without prefix, that are wanted whatever they cost."""
    most: int = field(default=MOST, init=False)
    """Examples at once for which there is memory, as far as is known."""

    @torch.no_grad()
    def metrics(self, network: nn.Module, split: Split, micro_batch: int) -> dict[str, float]:
        """Return the task's metrics, names without prefix; the network is left in evaluation mode.

        It begins with ``micro_batch`` examples at once, for which training had memory. On a GPU it takes twice as many
        each time until one is too much, which it remembers; a CPU gains little, and is not told in time.

        Raises:
            torch.OutOfMemoryError: if not even one example fits.
        """
        network.eval()
        outputs = torch.zeros(len(split), self.data.signature.outputs, device=self.device)  # (N, outputs)
        done, end = self.group.shard_range(len(split)) if self.group else (0, len(split))
        size = min(micro_batch, self.most)
        most = self.most if self.device.type == "cuda" else size
        batches = split.batches(torch.split(split.in_order()[done:end], most))
        with closing(batches):
            for batch in batches:
                start = 0
                while start < len(batch):
                    part = batch.part(start, start + size)
                    found = self._outputs(network, part)
                    if found is None:
                        # Not while the error is handled: its traceback holds what fills the memory.
                        torch.cuda.empty_cache()
                        size = self.most = len(part) // 2
                        continue
                    outputs[done : done + len(part)] = found
                    start, done = start + len(part), done + len(part)
                    size = min(size * 2, most, self.most)
                    self.hooks.beat()
        if self.group:
            # Each process has filled its own rows, the others are zero: the sum is the whole.
            self.group.all_reduce([outputs])
        return self.data.task.metrics(outputs, split.targets, self.named, self.hooks.beat)

    def _outputs(self, network: nn.Module, part: Batch) -> Tensor | None:
        """Return the network's outputs (n, outputs), None if they need more memory."""
        try:
            with autocast(self.device, self.dtype):
                outputs: Tensor = network(self.data.inputs(part))
            return outputs
        except torch.OutOfMemoryError:
            if len(part) == 1:
                raise
            return None
