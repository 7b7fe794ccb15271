"""A network has nothing that its output does not need, and an id means one network: tried with every space."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, get_args

import numpy as np
import pytest
import torch
from tests.support.spaces import random_inputs
from tests.support.trials import architecture
from torch import Tensor, nn

from nas_core.api.space import SearchSpaceSpec
from nas_core.api.space_names import SpaceName
from nas_core.spaces import Architecture, get_space
from nas_core.spaces.edge_cells import EdgeCells
from nas_core.spaces.nas_bench_201 import NasBench201
from nas_model.networks.build import build_network
from nas_model.signature import AudioInput, ImageInput, Signature, TableInput, TextInput
from nas_trial.measuring import measure
from nas_trial.work.as_written import as_written

IMAGES = Signature(3, image=ImageInput(2, 12, 12))
EVERYTHING = Signature(
    3, image=ImageInput(2, 12, 12), text=TextInput(50, 12), table=TableInput(4, (3, 5)), audio=AudioInput(8000, 4000)
)
OPERATIONS = ["none", "skip_connect", "conv_1x1", "sep_conv_3x3", "max_pool_3x3"]
EDGES: dict[str, Any] = {"kind": "edges", "nodes": 4, "operations": OPERATIONS, "reduction": True}
INPUTS: dict[str, Any] = {"kind": "inputs", "nodes": 3, "operations": OPERATIONS[1:], "reduction": True}
OWN = {
    "edges": {"cell": EDGES},
    "edges, one cell": {"cell": {**EDGES, "reduction": False}},
    "inputs": {"cell": INPUTS},
    "inputs, one cell": {"cell": {**INPUTS, "reduction": False}},
}
# 60 channels can be divided among 2 to 5 vertices of NAS-Bench-101; where they cannot, the published rule gives more to
# the first, so that the order of the vertices does mean something.
SIZES = {"nas-bench-101": {"width": 60, "depth": 1}, "bert": {"width": 64, "depth": 2}}
SMALL = {"width": 8, "depth": 1}
SPECS: Mapping[str, SearchSpaceSpec] = {
    **{n: SearchSpaceSpec.model_validate({"name": n, **SIZES.get(n, SMALL)}) for n in get_args(SpaceName)},
    **{name: SearchSpaceSpec.model_validate({**cell, "width": 6, "depth": 1}) for name, cell in OWN.items()},
}


def signature_of(name: str) -> Signature:
    return EVERYTHING if name in ("bert", "multi-modal", "speech-cnn-rnn", "tabular", "text-transformer") else IMAGES


@pytest.mark.parametrize("name", SPECS)
def test_the_output_needs_every_weight(name: str) -> None:
    spec, signature, rng = SPECS[name], signature_of(name), np.random.default_rng(1)
    inputs = random_inputs(signature, 5)
    for _ in range(6):
        drawn = get_space(spec).sample(rng)
        network = build_network(spec, drawn, signature)
        if name.startswith(("edges", "nas-bench-201")) and not network.reached:
            continue
        outputs = network(inputs)
        (outputs * torch.randn(outputs.shape)).sum().backward()
        for weight, parameter in network.named_parameters():
            assert parameter.grad is not None, f"{weight} of {drawn} is not read"
            if parameter.dim() > 1:
                assert parameter.grad.abs().sum() > 0, f"no input reaches {weight} of {drawn}"


def test_what_is_dropped_changes_neither_outputs_nor_other_weights() -> None:
    spec, rng, inputs = SPECS["edges"], np.random.default_rng(2), random_inputs(IMAGES, 4)
    space, smaller = get_space(spec), 0
    for _ in range(10):
        drawn = space.sample(rng)
        networks = []
        for whole in (True, False):
            torch.manual_seed(0)
            networks.append(build_network(spec, drawn, IMAGES, as_written=whole))
        written, deployed = networks
        torch.testing.assert_close(deployed(inputs), written(inputs))
        weights = written.state_dict()
        assert all(torch.equal(value, weights[key]) for key, value in deployed.named_parameters())
        smaller += measure.parameters(deployed) < measure.parameters(written)
    assert smaller > 2
    counts = [measure.counted_metrics(network, IMAGES, torch.device("cpu")) for network in networks]
    assert all(counts[1][metric] <= counts[0][metric] for metric in counts[0])


def test_nas_bench_201_still_tells_what_is_published() -> None:
    signature, spec = Signature(10, ImageInput(3, 32, 32)), SearchSpaceSpec(name="nas-bench-201", width=16, depth=5)
    dead = architecture("340000")  # nothing reads nodes 1 and 2
    state = torch.get_rng_state()
    assert as_written(spec, architecture("332103"), signature) == {
        "parameters_as_written": 830_426.0,
        "flops_as_written": pytest.approx(117.8835e6, abs=100),
    }
    assert torch.equal(torch.get_rng_state(), state)
    assert as_written(spec, dead, signature)["parameters_as_written"] == 9 * 3 * 16 + 32 + _rest(3 * 5)
    assert as_written(SPECS["edges"], dead, signature) == {}
    # The stem and the cells are constant zeros; what is left are the last normalisation and the classifier.
    assert measure.parameters(build_network(spec, dead, signature)) == 2 * 64 + 64 * 10 + 10


def _rest(convolutions: int) -> int:
    """Count what is behind the stem, with a 3x3 convolution in each of so many cells."""
    cells = sum(convolutions // 3 * (9 * c * c + 2 * c) for c in (16, 32, 64))
    reductions = sum(9 * c // 2 * c + 9 * c * c + 4 * c + c // 2 * c for c in (32, 64))
    return cells + reductions + 2 * 64 + 64 * 10 + 10


def symmetric(network: nn.Module, *, channels_alike: bool) -> nn.Module:
    """Set weights that depend on the shape alone, and are the same for all inputs of a unit.

    So they are equal in networks that differ only in the order of nodes and of the channels that these make.
    ``channels_alike``: also for all units, where what is joined is added to something.
    """
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.dim() > 1 and parameter.requires_grad:
                some = parameter[:1, 0] if channels_alike else parameter[:, 0]
                values = torch.sin(torch.arange(float(some.numel())) + parameter.numel()).view_as(some)
                parameter.copy_((values.unsqueeze(1) / parameter.shape[1]).expand_as(parameter))
        for name, parameter in network.named_parameters():
            if "bias" in name:
                parameter.zero_()
    return network.eval()


MERGING = ("edges", "edges, one cell", "inputs", "inputs, one cell", "nas-bench-101", "nas-bench-201", "nasnet")
"""Spaces in which neighbours of a random encoding often have its id."""


@pytest.mark.parametrize("name", SPECS)
def test_architectures_of_one_id_are_one_network(name: str) -> None:
    spec, signature, rng = SPECS[name], signature_of(name), np.random.default_rng(3)
    space, inputs, channels_alike = get_space(spec), random_inputs(signature, 3), name == "nas-bench-101"
    alike: dict[tuple[str, ...], list[Architecture]] = defaultdict(list)
    for _ in range(25):
        drawn = space.sample(rng)
        for encoding in (drawn, *space.neighbours(drawn)):
            key = [space.canonical_id(encoding)]
            if isinstance(space, NasBench201):
                # The published string takes a convolution that is read twice for two; the ids of own cells do not.
                key.append(EdgeCells.canonical(space, encoding))
            if encoding not in alike[*key,]:
                alike[*key,].append(encoding)
    pairs = [encodings for encodings in alike.values() if len(encodings) > 1][:12]
    assert len(pairs) > 3 or name not in MERGING
    for first, *others in pairs:
        network = symmetric(build_network(spec, first, signature), channels_alike=channels_alike)
        expected: Tensor = network(inputs)
        for other in others[:2]:
            found = symmetric(build_network(spec, other, signature), channels_alike=channels_alike)
            assert measure.parameters(found) == measure.parameters(network), (first, other)
            torch.testing.assert_close(found(inputs), expected, msg=f"{first}\n{other}")


def test_a_skip_connection_of_a_reduction_is_an_operation() -> None:
    """Both have a convolution; in the first, what it reads was halved with weights before."""
    space, spec = get_space(SPECS["edges"]), SPECS["edges"]
    straight = "normal=|conv_1x1~0|+|none~0|none~1|+|none~0|skip_connect~1|none~2| reduce="
    texts = (
        straight + "|skip_connect~0|+|none~0|none~1|+|none~0|conv_1x1~1|none~2|",
        straight + "|none~0|+|none~0|none~1|+|conv_1x1~0|none~1|none~2|",
    )
    one, other = (build_network(spec, space.parse(text), IMAGES) for text in texts)
    assert measure.parameters(one) != measure.parameters(other)
    assert space.canonical_id(space.parse(texts[0])) != space.canonical_id(space.parse(texts[1]))
