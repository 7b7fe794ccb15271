"""A network with weights that training has left."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces import Architecture
from nas_model.networks.build import build_network
from nas_model.networks.head import head_in_float32
from nas_model.signature import Signature


def trained_network(
    spec: SearchSpaceSpec, architecture: Architecture, signature: Signature, weights: Mapping[str, Tensor]
) -> nn.Module:
    """Return an architecture's network as the trainer builds it, with these weights: to evaluate, on the CPU.

    Raises:
        CandidateRejected: if the architecture is not of the space, or the space is for other inputs.
        RuntimeError: if the weights are not of this network.
    """
    # Building draws first weights: the program's own random numbers stay as they are.
    with torch.random.fork_rng(devices=[]):
        network = build_network(spec, architecture, signature)
    head_in_float32(network, signature.outputs)
    network.load_state_dict(weights)
    return network.eval().requires_grad_(False)
