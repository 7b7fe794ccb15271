"""A cure: mix operations over 1/K of the channels, and pass the others by.

It takes about 1/K of the memory, and lessens the advantage of operations without weights, which is greatest early on.
The channels are shuffled afterwards, so that each is mixed sooner or later. Reference: Xu, Xie, Zhang, Chen, Qi, Tian &
Xiong, "PC-DARTS: Partial Channel Connections for Memory-Efficient Architecture Search", ICLR 2020, arXiv:1907.05737,
section 3.2. The operations then have other shapes than those of ordinary networks: none can take their weights.
Shapes: N batch, C channels, H and W image size; h and w are H and W divided by the stride.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from nas_trial.errors import CandidateRejected


def require_divisible(channels: int, partial: int) -> None:
    """Raise CandidateRejected if there is no whole part of the channels."""
    if channels % partial:
        raise CandidateRejected(
            "SpecInvalid",
            f"partialChannels: {partial} does not divide the {channels} channels of a cell; "
            f"set searchSpace.width to a multiple of {partial}, or choose another number",
        )


def parted(x: Tensor, partial: int) -> tuple[Tensor, Tensor]:
    """Return the channels (N, C/K, H, W) that are mixed, and the others."""
    count = x.shape[1] // partial
    return x[:, :count], x[:, count:]


def joined(mixed: Tensor, passed: Tensor, partial: int, stride: int) -> Tensor:
    """Return all channels (N, C, h, w), shuffled."""
    if stride == 2:
        # The paper's, but rounded up as the operations do.
        passed = functional.max_pool2d(passed, 2, ceil_mode=True)
    x = torch.cat([mixed, passed], 1)
    n, channels, height, width = x.shape
    # In groups of C/K; then the first of each group, the second, and so on.
    return x.view(n, partial, channels // partial, height, width).transpose(1, 2).reshape(n, channels, height, width)
