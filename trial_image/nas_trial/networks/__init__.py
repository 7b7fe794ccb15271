"""Networks from encodings: one file a search space."""

from __future__ import annotations

from torch import nn

from nas_core.api.search import SearchSpaceRef
from nas_core.spaces import Architecture, ArchitectureError, get_space
from nas_trial.errors import CandidateRejected
from nas_trial.networks.nas_bench_201 import NasBench201Network

__all__ = ["build_network"]


def build_network(space: SearchSpaceRef, architecture: Architecture, in_channels: int, classes: int) -> nn.Module:
    """Return the network of an architecture: images (N, in_channels, H, W) to logits (N, classes).

    Raises:
        CandidateRejected: if the architecture is not of the space.
    """
    try:
        get_space(space).validate(architecture)
    except ArchitectureError as error:
        raise CandidateRejected("ArchitectureInvalid", str(error)) from error
    return NasBench201Network(architecture, in_channels, classes, space.width, space.depth)
