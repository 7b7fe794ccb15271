from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import torch
from torch import nn

from nas_core.api.cell import CellSpec
from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces import Architecture, get_space
from nas_core.spaces.edge_cells import EdgeCells
from nas_model.networks.build import build_network
from nas_model.signature import ImageInput, Signature
from nas_trial.supernet.exchanging import Exchange
from nas_trial.supernet.shared_weights import SharedWeights

IMAGES = Signature(3, image=ImageInput(1, 8, 8))
NB201 = SearchSpaceSpec(name="nas-bench-201", width=2, depth=2)
TWO_CELLS = SearchSpaceSpec(
    cell=CellSpec(kind="edges", nodes=3, operations=["none", "conv_3x3", "skip_connect"], reduction=True),
    width=2,
    depth=1,
)


@pytest.mark.parametrize("spec", [NB201, TWO_CELLS], ids=["one cell", "a cell that halves images"])
def test_each_network_computes_what_it_would_if_it_were_built(spec: SearchSpaceSpec) -> None:
    weights, rng, images = SharedWeights.drawn(spec, IMAGES), np.random.default_rng(1), torch.randn(4, 1, 8, 8)
    nothing = {decision.name: "none" for decision in weights.space.decisions}
    for architecture in [weights.space.sample(rng), nothing, *(weights.space.sample(rng) for _ in range(8))]:
        weights.choose(architecture).eval()
        with torch.no_grad():
            built = weights.extract(architecture).eval()
            torch.testing.assert_close(weights({"image": images}), built({"image": images}))


def test_what_no_output_reads_is_not_computed() -> None:
    weights = SharedWeights.drawn(NB201, IMAGES)
    # Node 1 leads nowhere, so the convolution into it does not either.
    ops = {
        "0-1": "nor_conv_3x3",
        "0-2": "skip_connect",
        "1-2": "none",
        "0-3": "none",
        "1-3": "none",
        "2-3": "avg_pool_3x3",
    }
    weights.choose(dict.fromkeys(ops, "nor_conv_1x1"))
    network = weights.choose(ops)
    assert not [name for name, module in network.named_modules() if isinstance(module, nn.Conv2d) and "edges" in name]


def test_few_networks_are_built() -> None:
    space, built = get_space(NB201), Counter[str]()
    assert isinstance(space, EdgeCells)

    def build(architecture: Architecture) -> nn.Module:
        built["networks"] += 1
        return build_network(NB201, architecture, IMAGES, as_written=True)

    exchange, rng = Exchange(space, build), np.random.default_rng(0)
    for _ in range(200):
        exchange.network(space.sample(rng))
    # Each that is built has an operation that none before has; most have several.
    assert built["networks"] < 30
