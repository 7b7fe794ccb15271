"""The last linear layer of a network, which makes its outputs."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class Float32Linear(nn.Linear):
    """A linear layer that computes in float32 whatever the arithmetic around it.

    In bfloat16 200,000 different examples had 429 different scores, too few to rank them by.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Map (N, …, in) to (N, …, out), float32."""
        with torch.autocast(input.device.type, enabled=False):
            return functional.linear(input.float(), self.weight, self.bias)


def head_of(network: nn.Module, outputs: int) -> nn.Linear | None:
    """Return the layer that makes the outputs, None if it is not a linear one.

    By its size, as networks name it differently; of several the last one that is registered.
    """
    heads = [module for module in network.modules() if isinstance(module, nn.Linear) and module.out_features == outputs]
    return heads[-1] if heads else None


def head_in_float32(network: nn.Module, outputs: int) -> None:
    """Let the layer that makes the outputs compute in float32; its weights stay as they are."""
    if (head := head_of(network, outputs)) is not None:
        head.__class__ = Float32Linear
