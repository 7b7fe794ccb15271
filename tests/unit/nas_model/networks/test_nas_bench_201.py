from __future__ import annotations

import numpy as np
import pytest
import torch
from tests.support.cells import operation_parameters
from tests.support.spaces import random_inputs
from tests.support.trials import architecture

from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces import SearchSpace, get_space
from nas_core.spaces.edge_cells import EdgeCells
from nas_model.networks.build import build_network
from nas_model.networks.nas_bench_201 import EdgeCell, NasBench201Network
from nas_model.signature import ImageInput, Signature
from nas_trial.errors import CandidateRejected
from nas_trial.measuring import measure

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
    assert measure.count_flops(network, Signature(10, ImageInput(3, 32, 32)).zeros()) == pytest.approx(
        flops * 1e6, abs=100
    )


@pytest.mark.parametrize("shape", [(1, 8, 8), (1, 28, 28), (3, 33, 17), (4, 3, 3)])
def test_images_of_any_size_and_channels_fit(shape: tuple[int, int, int]) -> None:
    network = NasBench201Network(architecture("340213"), shape[0], classes=7, width=2, depth=2)
    assert network({"image": torch.randn(5, *shape)}).shape == (5, 7)


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
    assert [type(layer).__name__ for layer in network.cells] == ["EdgeCell"] * 2 + (
        ["Reduction"] + ["EdgeCell"] * 2
    ) * 2


OWN = {"kind": "edges", "nodes": 5, "operations": ["none", "skip_connect", "sep_conv_3x3", "max_pool_3x3"]}


def own(**changes: object) -> SearchSpaceSpec:
    return SearchSpaceSpec.model_validate({"cell": OWN | changes, "width": 3, "depth": 1})


def parameters(space: SearchSpace, architecture: dict[str, str], in_channels: int, classes: int, width: int) -> int:
    """Count by hand a network of depth 1, whose reductions are cells if the space has one for them."""
    assert isinstance(space, EdgeCells)
    total = 9 * in_channels * width + 2 * width + 2 * 4 * width + classes * (4 * width + 1)
    for stage in range(3):
        c = width * 2**stage
        cells = [(space.cells[0], 1)]
        if stage and len(space.cells) == 2:
            total += c // 2 * c + 2 * c
            cells.append(("reduce", 2))
        elif stage:
            total += 9 * c // 2 * c + 9 * c * c + 4 * c + c // 2 * c
        for cell, stride in cells:
            for edge, op in space.cell(architecture, cell).items():
                name = op.removeprefix("nor_")
                total += operation_parameters(name, c, stride if edge.startswith("0-") else 1)
    return total


@pytest.mark.parametrize(
    "spec",
    [SearchSpaceSpec(name="nas-bench-201", width=3, depth=1), own(), own(reduction=True)],
    ids=["nas-bench-201", "one cell", "two cells"],
)
def test_random_architectures_train_and_have_the_parameters_of_the_closed_form(spec: SearchSpaceSpec) -> None:
    signature, space, rng = Signature(3, ImageInput(2, 9, 8)), get_space(spec), np.random.default_rng(7)
    for _ in range(20):
        drawn = space.sample(rng)
        network = build_network(spec, drawn, signature, as_written=True)
        outputs = network(random_inputs(signature, 4))
        assert outputs.shape == (4, 3)
        outputs.square().sum().backward()
        assert all(p.grad is None or p.grad.isfinite().all() for p in network.parameters())
        assert measure.parameters(network) == parameters(space, drawn, 2, 3, 3)


def test_a_reduction_cell_halves_what_comes_from_its_input() -> None:
    x = torch.randn(1, 2, 5, 6)
    cell = EdgeCell({"0-1": "max_pool_3x3", "0-2": "none", "1-2": "skip_connect"}, 2, stride=2)
    torch.testing.assert_close(cell(x), torch.nn.functional.max_pool2d(x, 3, 2, 1))


def test_the_order_of_the_decisions_does_not_change_the_first_weights() -> None:
    weights = []
    for ops in (architecture("323232"), dict(reversed(architecture("323232").items()))):
        torch.manual_seed(0)
        weights.append(NasBench201Network(ops, 1, 2, width=2, depth=1).state_dict())
    one, other = weights
    assert list(one) == list(other)
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_an_architecture_that_is_not_of_the_space_is_rejected() -> None:
    with pytest.raises(CandidateRejected, match=r"'1-2'.*'conv_9x9'") as caught:
        build_network(
            SearchSpaceSpec(), architecture("333333") | {"1-2": "conv_9x9"}, Signature(2, ImageInput(1, 8, 8))
        )
    assert caught.value.reason == "ArchitectureInvalid"
