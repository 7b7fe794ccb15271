"""What a benchmark publishes of its networks: counts of the graph as it is written.

NAS-Bench-201 counts operations that no input reaches or no output reads; the other metrics are of what is deployed,
which has none of them. Reference: Dong & Yang 2020, arXiv:2001.00326.
"""

from __future__ import annotations

import torch

from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces import Architecture, get_space
from nas_core.spaces.nas_bench_201 import NasBench201
from nas_model.networks.build import build_network
from nas_model.signature import Signature
from nas_trial.measuring.measure import count_flops, parameters
from nas_trial.measuring.metric_names import AS_WRITTEN


def as_written(spec: SearchSpaceSpec, architecture: Architecture, signature: Signature) -> dict[str, float]:
    """Return the counts of the graph as written, by name; none of spaces of which nobody publishes them."""
    if not isinstance(get_space(spec), NasBench201):
        return {}
    # On the CPU: to count on the device of shapes alone (meta) loads PyTorch's compiler.
    with torch.random.fork_rng(devices=[]):
        network = build_network(spec, architecture, signature, as_written=True)
    counts = parameters(network), count_flops(network, signature.zeros())
    return dict(zip(AS_WRITTEN, map(float, counts), strict=True))
