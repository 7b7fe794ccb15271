from __future__ import annotations

import csv
import gzip
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from tests.support.spaces import vary

from nas_core.spaces import ArchitectureError, SearchSpace
from nas_core.spaces.nas_bench_101 import EDGES, OPS, VERTICES, NasBench101, module_hash
from nas_core.testing.space_conformance import SpaceConformance

TABLE = Path(__file__).parents[3] / "assets" / "nb101_5_vertices.csv.gz"
SPACE = NasBench101()

INCEPTION = (
    "0111010,0000001,0000001,0000100,0000001,0000001,0000000 "
    "input,conv1x1-bn-relu,conv3x3-bn-relu,conv3x3-bn-relu,conv3x3-bn-relu,maxpool3x3,output"
)
"""The example of the published code's README: an Inception-like cell."""


class TestConformance(SpaceConformance):
    space: ClassVar[SearchSpace] = SPACE


def test_a_thousand_architectures_vary_without_fault() -> None:
    assert vary(SPACE) > 400


def architecture(adj_upper: str, ops: str) -> dict[str, str]:
    """Put a smaller cell into one of 7 vertices: the output is the last, the vertices between are not reached."""
    vertices = len(ops) + 2
    place = [*range(vertices - 1), VERTICES - 1]
    made = {f"edge.{source}-{target}": "0" for source, target in EDGES}
    for (source, target), edge in zip(itertools.combinations(range(vertices), 2), adj_upper, strict=True):
        made[f"edge.{place[source]}-{place[target]}"] = edge
    labels = ops.ljust(VERTICES - 2, "0")
    return {**made, **{f"op.{k}": OPS[int(label)] for k, label in enumerate(labels, start=1)}}


def test_hashes_are_the_published_ones() -> None:
    with gzip.open(TABLE, "rt") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2_532
    for row in rows:
        cell = architecture(row["adj_upper"], row["ops"])
        SPACE.validate(cell)
        assert SPACE.canonical(cell) == row["module_hash"]


def test_a_part_of_fewer_vertices_has_the_same_cells() -> None:
    small = NasBench101(5)
    with gzip.open(TABLE, "rt") as file:
        published = {row["module_hash"] for row in csv.DictReader(file)}
    assert {small.canonical(cell) for cell in small.distinct.values()} == published
    cell = small.sample(np.random.default_rng(1))
    assert small.parse(small.text(cell)) == cell
    with pytest.raises(ArchitectureError, match="is not 5 rows of 5 digits"):
        small.parse(INCEPTION)


def test_text_is_the_published_matrix_and_operations() -> None:
    cell = SPACE.parse(INCEPTION)
    assert SPACE.text(cell) == INCEPTION
    assert SPACE.cell(cell).ops == (OPS[1], OPS[0], OPS[0], OPS[0], OPS[2])


def test_what_is_on_no_path_is_pruned() -> None:
    """Vertex 1 is a dead end, vertex 2 is not reached; both would make more than 9 edges."""
    text = (
        "0101010,0000000,0001111,0000101,0000011,0000001,0000000 "
        "input,maxpool3x3,maxpool3x3,conv3x3-bn-relu,conv1x1-bn-relu,conv3x3-bn-relu,output"
    )
    cell = SPACE.cell(SPACE.parse(text))
    assert cell.matrix == ((0, 1, 0, 1, 0), (0, 0, 1, 0, 1), (0, 0, 0, 1, 1), (0, 0, 0, 0, 1), (0, 0, 0, 0, 0))
    assert cell.ops == (OPS[0], OPS[1], OPS[0])


def test_renamed_vertices_are_the_same_cell() -> None:
    renamed = (
        "0111100,0000001,0000010,0000001,0000001,0000001,0000000 "
        "input,maxpool3x3,conv3x3-bn-relu,conv1x1-bn-relu,conv3x3-bn-relu,conv3x3-bn-relu,output"
    )
    other_op = renamed.replace("maxpool3x3", "conv3x3-bn-relu")
    assert SPACE.canonical(SPACE.parse(renamed)) == SPACE.canonical(SPACE.parse(INCEPTION))
    assert SPACE.canonical(SPACE.parse(other_op)) != SPACE.canonical(SPACE.parse(INCEPTION))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (dict.fromkeys(("edge.1-6", "edge.2-6", "edge.4-6", "edge.5-6"), "0"), "no path of edges leads from vertex 0"),
        (dict.fromkeys(("edge.0-6", "edge.1-2", "edge.2-3"), "1"), "12 edges are on paths .* there may be 9"),
    ],
)
def test_cells_that_are_refused(changes: dict[str, str], message: str) -> None:
    with pytest.raises(ArchitectureError, match=message):
        SPACE.validate({**SPACE.parse(INCEPTION), **changes})


def full_graphs(vertices: int) -> Iterator[list[list[int]]]:
    """Yield the matrices with at most 9 edges whose every vertex is on a path from the first to the last."""
    pairs = list(itertools.combinations(range(vertices), 2))
    for count in range(vertices - 1, 10):
        for chosen in itertools.combinations(pairs, count):
            if len({s for s, _ in chosen}) == len({t for _, t in chosen}) == vertices - 1:
                matrix = [[0] * vertices for _ in range(vertices)]
                for source, target in chosen:
                    matrix[source][target] = 1
                yield matrix


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_there_are_423_624_cells() -> None:
    hashes = {
        module_hash(matrix, [-1, *labels, -2])
        for vertices in range(2, VERTICES + 1)
        for matrix in full_graphs(vertices)
        for labels in itertools.product(range(len(OPS)), repeat=vertices - 2)
    }
    assert len(hashes) == 423_624
