from __future__ import annotations

import pytest
import torch
from tests.support.trials import architecture

from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces.nas_bench_201 import OPS
from nas_trial import measure
from nas_trial.errors import CandidateRejected
from nas_trial.networks import build_network
from nas_trial.networks.nas_bench_201 import NasBench201Network, operation
from nas_trial.signature import ImageInput, Signature

# Published for CIFAR-10: operations in edge order, millions of parameters, millions of multiply-adds.
PUBLISHED = [
    ("333333", 1.531546, 220.1197),
    ("222222", 0.241306, 31.37601),
    ("444444", 0.073306, 7.78305),
    ("111111", 0.073306, 7.78305),
    ("000000", 0.073306, 7.78305),
    ("312410", 0.344346, 47.10465),
    ("421211", 0.129306, 15.64737),
    ("334131", 0.802426, 113.9514),
    ("001400", 0.073306, 7.78305),
    ("332103", 0.830426, 117.8835),
    ("430202", 0.372346, 51.03681),
    ("134322", 0.615386, 86.42625),
]


@pytest.mark.parametrize(("ops", "parameters", "flops"), PUBLISHED, ids=[row[0] for row in PUBLISHED])
def test_parameters_and_flops_are_the_published_ones(ops: str, parameters: float, flops: float) -> None:
    network = NasBench201Network(architecture(ops), in_channels=3, classes=10, width=16, depth=5)
    assert measure.parameters(network) == round(parameters * 1e6)
    # The published closed form is rounded to four digits and counts ten additions more, the biases of the classifier.
    assert measure.flops(network, Signature(10, ImageInput(3, 32, 32)), torch.device("cpu")) == pytest.approx(
        flops * 1e6, abs=100
    )


@pytest.mark.parametrize("shape", [(1, 8, 8), (1, 28, 28), (3, 33, 17), (4, 3, 3)])
def test_images_of_any_size_and_channels_fit(shape: tuple[int, int, int]) -> None:
    network = NasBench201Network(architecture("340213"), shape[0], classes=7, width=2, depth=2)
    assert network({"image": torch.randn(5, *shape)}).shape == (5, 7)


@pytest.mark.parametrize("name", OPS)
def test_operations_keep_the_shape(name: str) -> None:
    assert operation(name, 4)(torch.randn(2, 4, 5, 7)).shape == (2, 4, 5, 7)


def test_edges_connect_the_nodes_they_name() -> None:
    x = torch.randn(2, 3, 8, 8)
    through = {
        "000100": x,  # 0-3
        "100010": x,  # 0-1, 1-3
        "101001": x,  # 0-1, 1-2, 2-3
        "010101": 2 * x,  # 0-2, 2-3 and 0-3
        "000011": 0 * x,  # nothing reaches nodes 1 and 2
        "111111": 4 * x,
    }
    for ops, expected in through.items():
        network = NasBench201Network(architecture(ops), 3, classes=2, width=3, depth=1)
        cell = network.cells[0]
        torch.testing.assert_close(cell(x), expected, msg=ops)


def test_width_and_depth_are_those_of_the_space() -> None:
    network = build_network(
        SearchSpaceSpec(width=5, depth=2), architecture("333333"), Signature(3, ImageInput(1, 8, 8))
    )
    assert isinstance(network, NasBench201Network)
    assert network.classifier.in_features == 20
    assert [type(layer).__name__ for layer in network.cells] == ["Cell"] * 2 + (["Reduction"] + ["Cell"] * 2) * 2


def test_an_architecture_that_is_not_of_the_space_is_rejected() -> None:
    with pytest.raises(CandidateRejected, match=r"'1-2'.*'conv_9x9'") as caught:
        build_network(
            SearchSpaceSpec(), architecture("333333") | {"1-2": "conv_9x9"}, Signature(2, ImageInput(1, 8, 8))
        )
    assert caught.value.reason == "ArchitectureInvalid"
