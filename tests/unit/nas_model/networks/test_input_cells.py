from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
from tests.support.cells import DARTS_V2, NASNET_A, operation_parameters
from tests.support.spaces import trained_networks

from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces import SearchSpace, get_space
from nas_core.spaces.input_cells import InputCell, InputCells
from nas_core.spaces.nas_bench_301 import NasBench301
from nas_core.spaces.nasnet import NasNet
from nas_model.networks.build import build_network
from nas_model.networks.input_cells import InputCellNetwork, TwoInputCell
from nas_model.signature import ImageInput, Signature, TextInput
from nas_trial.errors import CandidateRejected
from nas_trial.measuring import measure

DARTS, NASNET = NasBench301(), NasNet()
IMAGES = Signature(3, ImageInput(2, 8, 8))
SPECS = [
    SearchSpaceSpec(name="nas-bench-301", width=4, depth=1),
    SearchSpaceSpec(name="nasnet", width=3, depth=1),
    SearchSpaceSpec.model_validate(
        {"cell": {"kind": "inputs", "nodes": 3, "operations": ["conv_3x3", "skip_connect"]}, "width": 4, "depth": 1}
    ),
]


def cells_of(space: SearchSpace, architecture: dict[str, str]) -> list[InputCell]:
    """Return the normal and the reduction cell."""
    assert isinstance(space, InputCells)
    return [space.cell(architecture, space.cells[0]), space.cell(architecture, space.cells[-1])]


def parameters(cells: Sequence[InputCell], in_channels: int, classes: int, width: int, depth: int) -> int:
    """Count by hand: weights of the convolutions, and two of the normalisation for each channel."""
    total = 9 * in_channels * 3 * width + 2 * 3 * width
    before, last, channels = 3 * width, 3 * width, width
    for place in range(3 * depth + 2):
        reduction = place in (depth, 2 * depth + 1)
        channels *= 1 + reduction
        cell = cells[reduction]
        total += channels * (before + 2) + channels * (last + 2)
        for op, source in (term for terms in cell.nodes for term in terms):
            total += operation_parameters(op, channels, 2 if reduction and source < 2 else 1)
        loose = sum(state < 2 for state in cell.outputs)
        total += loose * operation_parameters("skip_connect", channels, 1 + reduction)
        before, last = last, channels * len(cell.outputs)
    return total + classes * (last + 1)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name or "cell")
def test_random_architectures_train_and_have_the_parameters_of_the_closed_form(spec: SearchSpaceSpec) -> None:
    assert spec.width is not None
    for architecture, network in trained_networks(spec, IMAGES):
        cells = cells_of(get_space(spec), architecture)
        assert measure.parameters(network) == parameters(cells, 2, 3, spec.width, 1)


def test_darts_has_the_published_parameters() -> None:
    """The published code counts 3.349342 million for CIFAR-10 without the auxiliary head; the paper says 3.3."""
    normal, reduce = cells_of(DARTS, DARTS.parse(DARTS_V2))
    network = InputCellNetwork(normal, reduce, in_channels=3, classes=10, width=36, depth=6)
    assert measure.parameters(network) == 3_349_342
    assert len(network.cells) == 20


def test_nasnet_a_has_the_published_parameters() -> None:
    """The paper says 3.3 million for 6 @ 768. Its code joins one state more in each cell, though it is read."""
    normal, reduce = cells_of(NASNET, NASNET.parse(NASNET_A))
    normal, reduce = InputCell(normal.nodes, (1, *normal.outputs)), InputCell(reduce.nodes, (3, *reduce.outputs))
    network = InputCellNetwork(normal, reduce, in_channels=3, classes=10, width=768 // 6 // 4, depth=6)
    assert round(measure.parameters(network) / 1e6, 1) == 3.3


def test_reductions_are_at_a_third_and_two_thirds() -> None:
    normal, reduce = cells_of(DARTS, DARTS.parse(DARTS_V2))
    network = InputCellNetwork(normal, reduce, in_channels=1, classes=2, width=2, depth=2).eval()
    sizes: list[tuple[int, ...]] = []
    for cell in network.cells:
        assert isinstance(cell, TwoInputCell)
        cell.register_forward_hook(lambda *call: sizes.append(tuple(call[2].shape[1:])))
    network({"image": torch.randn(1, 1, 12, 12)})
    assert sizes == [(8, 12, 12)] * 2 + [(16, 6, 6)] * 3 + [(32, 3, 3)] * 3


def test_nodes_add_what_they_choose_and_outputs_are_joined() -> None:
    cell = TwoInputCell(
        InputCell(((("skip_connect", 0), ("skip_connect", 0)), (("skip_connect", 2), ("none", 0))), (1, 3)),
        c_before=3, c_last=3, channels=3, reduction=False, halved=False,
    ).eval()  # fmt: skip
    before, last = torch.randn(2, 1, 3, 5, 5)
    one, other = (bring(x) for bring, x in zip(cell.bring, (before, last), strict=True))
    torch.testing.assert_close(cell(before, last), torch.cat([other, 2 * one], 1))


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 33, 17), (4, 3, 3)])
def test_images_of_any_size_and_channels_fit(shape: tuple[int, int, int]) -> None:
    normal, reduce = cells_of(NASNET, NASNET.parse(NASNET_A))
    network = InputCellNetwork(normal, reduce, shape[0], classes=7, width=2, depth=1)
    assert network({"image": torch.randn(5, *shape)}).shape == (5, 7)


def test_data_without_images_is_refused() -> None:
    with pytest.raises(CandidateRejected, match=r"nas-bench-301 is for images; the data has text"):
        build_network(SPECS[0], DARTS.parse(DARTS_V2), Signature(3, text=TextInput(10, 5)))
