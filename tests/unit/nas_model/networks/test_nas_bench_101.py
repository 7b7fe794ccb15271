from __future__ import annotations

import csv
import gzip
import itertools
from pathlib import Path

import pytest
import torch
from tests.support.spaces import trained_networks

from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces.nas_bench_101 import OPS, Cell, NasBench101
from nas_model.networks.build import build_network
from nas_model.networks.nas_bench_101 import NasBench101Network, vertex_channels
from nas_model.signature import ImageInput, Signature, TextInput
from nas_trial.errors import CandidateRejected
from nas_trial.measuring import measure

TABLE = Path(__file__).parents[3] / "assets" / "nb101_5_vertices.csv.gz"
SPEC = SearchSpaceSpec(name="nas-bench-101", width=6, depth=1)


def published() -> list[tuple[Cell, int]]:
    """Return cells with the published number of parameters of their networks."""
    cells = []
    with gzip.open(TABLE, "rt") as file:
        for row in csv.DictReader(file):
            vertices = len(row["ops"]) + 2
            matrix = [[0] * vertices for _ in range(vertices)]
            for (s, t), edge in zip(itertools.combinations(range(vertices), 2), row["adj_upper"], strict=True):
                matrix[s][t] = int(edge)
            cell = Cell(tuple(map(tuple, matrix)), tuple(OPS[int(digit)] for digit in row["ops"]))
            cells.append((cell, int(row["params"])))
    return cells


def test_parameters_are_the_published_ones() -> None:
    """All 2,532 agree; here, the smallest cells and every two-hundredth."""
    cells = sorted(published(), key=lambda found: len(found[0].ops))
    for cell, parameters in [*cells[:12], *cells[12::200]]:
        with torch.device("meta"):
            network = NasBench101Network(cell, in_channels=3, classes=10, width=128, depth=3)
        assert measure.parameters(network) == parameters, cell


def test_random_architectures_train_and_have_the_parameters_of_the_closed_form() -> None:
    """Each convolution has its weights and the two of the normalisation a channel."""
    kernels = {"conv3x3-bn-relu": 9, "conv1x1-bn-relu": 1}
    for architecture, network in trained_networks(SPEC, Signature(3, ImageInput(2, 8, 8))):
        cell = NasBench101().cell(architecture)
        expected, before = 9 * 2 * 6 + 2 * 6 + 24 * 3 + 3, 6
        for channels in (6, 12, 24):
            widths = vertex_channels(cell.matrix, channels)
            assert sum(w for w, row in zip(widths, cell.matrix[1:], strict=False) if row[-1]) in (0, channels)
            for op, width in zip(cell.ops, widths, strict=True):
                expected += width * (kernels[op] * width + 2) if op in kernels else 0
            reached = [w for w, edge in zip([*widths, channels], cell.matrix[0][1:], strict=True) if edge]
            expected += sum(width * (before + 2) for width in reached)
            before = channels
        assert measure.parameters(network) == expected


def test_channels_are_divided_as_published() -> None:
    """Vertices 2 and 3 share the 7 channels, the first of them takes the odd one, vertex 1 is as wide as the widest."""
    matrix = [[0, 1, 1, 0, 0], [0, 0, 1, 1, 0], [0, 0, 0, 0, 1], [0, 0, 0, 0, 1], [0, 0, 0, 0, 0]]
    assert vertex_channels(matrix, 7) == [4, 4, 3]


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 33, 17), (4, 3, 3)])
def test_images_of_any_size_and_channels_fit(shape: tuple[int, int, int]) -> None:
    cell = published()[-1][0]
    network = NasBench101Network(cell, shape[0], classes=7, width=4, depth=2)
    assert network({"image": torch.randn(5, *shape)}).shape == (5, 7)


def test_what_is_refused() -> None:
    space = NasBench101()
    text = "0111000,0000001,0000001,0000001,0000000,0000000,0000000 " + ",".join(("input", *5 * OPS[:1], "output"))
    with pytest.raises(CandidateRejected, match=r"searchSpace.width is 2; 3 vertices share .* at least 3"):
        build_network(SPEC.model_copy(update={"width": 2}), space.parse(text), Signature(3, ImageInput(1, 8, 8)))
    with pytest.raises(CandidateRejected, match=r"nas-bench-101 is for images; the data has text"):
        build_network(SPEC, space.parse(text), Signature(3, text=TextInput(10, 5)))
