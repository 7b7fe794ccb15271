from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces import get_space
from nas_model.networks.build import build_network
from nas_model.signature import ImageInput, Signature
from nas_trial.supernet.gradient.extract import extract, path_of
from nas_trial.supernet.gradient.mixed_network import MixedNetwork, build_mixed

SIGNATURE = Signature(outputs=3, image=ImageInput(2, 8, 8))
EDGES = {"kind": "edges", "nodes": 4, "operations": ["none", "skip_connect", "conv_3x3", "avg_pool_3x3"]}
SPACES: list[dict[str, Any]] = [
    {"name": "nas-bench-201"},
    {"name": "nas-bench-301"},
    {"cell": EDGES},
    {"cell": {**EDGES, "reduction": True}},
    {"cell": {"kind": "inputs", "nodes": 3, "operations": ["skip_connect", "sep_conv_3x3"], "reduction": True}},
    {"cell": {"kind": "inputs", "nodes": 2, "operations": ["dil_conv_3x3", "conv_1x3_3x1"]}},
]


def spec(fields: dict[str, Any]) -> SearchSpaceSpec:
    return SearchSpaceSpec.model_validate({**fields, "width": 4, "depth": 1})


def trained(space: SearchSpaceSpec) -> MixedNetwork:
    """Return a mixed network whose statistics are not those of the beginning."""
    torch.manual_seed(0)
    mixed = build_mixed(space, SIGNATURE)
    for seed in range(8):
        mixed.choices.set(path_of(space, get_space(space).sample(np.random.default_rng(seed))))
        mixed.network({"image": torch.randn(4, 2, 8, 8)})
    return mixed


@pytest.mark.parametrize("fields", SPACES, ids=str)
def test_the_extracted_network_computes_what_the_mixed_one_does_on_its_path(fields: dict[str, Any]) -> None:
    space = spec(fields)
    mixed = trained(space)
    images = {"image": torch.randn(5, 2, 8, 8)}
    for seed in range(3):
        architecture = get_space(space).sample(np.random.default_rng(100 + seed))
        mixed.choices.set(path_of(space, architecture))

        network = extract(mixed, space, architecture, SIGNATURE)

        assert torch.equal(network.eval()(images), mixed.network.eval()(images))
        mixed.network.train()


def test_parameters_have_the_ordinary_names_with_the_operation_behind_the_edge() -> None:
    space = spec({"name": "nas-bench-201"})
    architecture = dict.fromkeys(("0-1", "0-2", "1-2", "0-3", "1-3", "2-3"), "nor_conv_3x3")
    ordinary = build_network(space, architecture, SIGNATURE).state_dict()

    mixed = build_mixed(space, SIGNATURE).network.state_dict()

    assert "cells.0.edges.0-1.1.weight" in ordinary and "cells.0.edges.0-1.nor_conv_3x3.1.weight" in mixed
    assert all(
        name in mixed or ".".join([*name.split(".")[:4], "nor_conv_3x3", *name.split(".")[4:]]) in mixed
        for name in ordinary
    )


def test_networks_of_other_shapes_are_not_to_be_had() -> None:
    nasnet, bench = spec({"name": "nasnet"}), spec({"name": "nas-bench-201"})
    architecture = get_space(bench).sample(np.random.default_rng(0))

    with pytest.raises(ValueError, match="joins all nodes"):
        path_of(nasnet, get_space(nasnet).sample(np.random.default_rng(0)))
    with pytest.raises(ValueError, match="partial channels"):
        extract(build_mixed(bench, SIGNATURE, partial=2), bench, architecture, SIGNATURE)
