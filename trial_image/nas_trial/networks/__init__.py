"""Networks from encodings: one file a family of search spaces."""

from __future__ import annotations

from torch import nn

from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces import Architecture, ArchitectureError, get_space
from nas_trial.errors import CandidateRejected
from nas_trial.networks.nas_bench_201 import NasBench201Network
from nas_trial.signature import Signature

__all__ = ["build_network"]


def build_network(spec: SearchSpaceSpec, architecture: Architecture, signature: Signature) -> nn.Module:
    """Return the network of an architecture, from inputs to outputs as the signature says.

    Raises:
        CandidateRejected: if the architecture is not of the space, or the space is for other inputs than the data has.
    """
    try:
        get_space(spec).validate(architecture)
    except ArchitectureError as error:
        raise CandidateRejected("ArchitectureInvalid", str(error)) from error
    if signature.image is None:
        raise CandidateRejected("DataUnsuitable", f"space {spec.name} is for images; the data has none")
    return NasBench201Network(
        architecture, signature.image.channels, signature.outputs, spec.width or 16, spec.depth or 5
    )
