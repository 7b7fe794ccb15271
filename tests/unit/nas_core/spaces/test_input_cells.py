from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import pytest
from tests.support.cells import DARTS_V2, NASNET_A
from tests.support.spaces import vary

from nas_core.spaces import ArchitectureError, SearchSpace
from nas_core.spaces.input_cells import InputCells
from nas_core.spaces.nas_bench_301 import NasBench301
from nas_core.spaces.nasnet import NasNet
from nas_core.testing.space_conformance import SpaceConformance

DARTS, NASNET = NasBench301(), NasNet()
SMALL = InputCells("small", 3, ("skip_connect", "conv_3x3"), ("normal",))


class TestDarts(SpaceConformance):
    space: ClassVar[SearchSpace] = DARTS


class TestNasNet(SpaceConformance):
    space: ClassVar[SearchSpace] = NASNET


class TestOneCell(SpaceConformance):
    space: ClassVar[SearchSpace] = SMALL


@pytest.mark.parametrize("space", [DARTS, NASNET], ids=lambda space: space.name)
def test_a_thousand_architectures_vary_without_fault(space: SearchSpace) -> None:
    assert vary(space) == 1_000


def test_sizes_are_those_of_the_papers() -> None:
    """Of each cell of DARTS (appendix A.1); NASNet's blocks choose two of 2 to 6 states and two operations."""
    cell = 1 * 3 * 6 * 10 * 7**8
    assert DARTS.size == cell**2
    assert NASNET.size == (13**10 * (2 * 3 * 4 * 5 * 6) ** 2) ** 2


def test_published_cells_read_back() -> None:
    assert DARTS.text(DARTS.parse(DARTS_V2)) == DARTS_V2
    cells = NASNET.parse(NASNET_A)
    assert NASNET.text(cells) == NASNET_A
    assert NASNET.cell(cells, "normal").outputs == (2, 3, 4, 5, 6)
    assert NASNET.cell(cells, "reduce").outputs == (4, 5, 6)


def test_a_state_that_nothing_reads_is_joined() -> None:
    blocks = "|".join(["skip_connect~0+skip_connect~0"] * 5)
    cells = NASNET.parse(f"normal={blocks} reduce={blocks}")
    assert NASNET.cell(cells, "normal").outputs == (1, 2, 3, 4, 5, 6)
    assert DARTS.cell(DARTS.parse(DARTS_V2), "reduce").outputs == (2, 3, 4, 5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (DARTS_V2.replace("skip_connect~0+dil", "skip_connect~2+dil"), "'normal.5.inputs' is '2\\+2'; it has to be"),
        (DARTS_V2.replace("skip_connect~0+sep", "skip_connect~4+sep"), "'normal.4.inputs' is '4\\+1'"),
        (DARTS_V2.replace("dil_conv_3x3", "conv_3x3"), "'normal.5.op1' is 'conv_3x3'; it has to be one of max_pool"),
        (DARTS_V2.replace("normal=sep_conv_3x3~0+sep_conv_3x3~1", "normal=sep_conv_3x3~1+sep_conv_3x3~0"), "write"),
        (DARTS_V2 + "+skip_connect~0", "'reduce.5.inputs' is '1\\+2\\+0'"),
        (DARTS_V2.replace("sep_conv_3x3~0", "sep_conv_3x3"), "'sep_conv_3x3' is not of the form operation~state"),
        (DARTS_V2.split(" ")[0], "'reduce.2.op0' is missing"),
    ],
)
def test_texts_that_are_refused(text: str, message: str) -> None:
    with pytest.raises(ArchitectureError, match=message):
        DARTS.parse(text)


def renamed(space: InputCells, architecture: dict[str, str], order: Sequence[int]) -> str | None:
    """Return the text with the nodes in another order; None where a node would read a later one."""
    words = []
    for name in space.cells:
        cell = space.cell(architecture, name)
        place = {0: 0, 1: 1, **{node: new for new, node in enumerate(order, start=2)}}
        nodes = []
        for node in order:
            terms = sorted((place[source], op) for op, source in cell.nodes[node - 2])
            if terms[-1][0] >= place[node]:
                return None
            nodes.append("+".join(f"{op}~{source}" for source, op in terms))
        words.append(f"{name}=" + "|".join(nodes))
    return " ".join(words)


@pytest.mark.parametrize("space", [DARTS, NASNET], ids=lambda space: space.name)
def test_renamed_nodes_are_the_same_architecture(space: InputCells) -> None:
    rng, others = np.random.default_rng(0), 0
    for _ in range(100):
        one = space.sample(rng)
        for order in itertools.islice(itertools.permutations(space.nodes), 24):
            if text := renamed(space, one, order):
                other = space.parse(text)
                assert space.canonical_id(other) == space.canonical_id(one)
                others += other != one
    assert others > 50


def test_different_architectures_are_told_apart() -> None:
    """The ids of a small space part its encodings as trying every order of the nodes does."""
    classes: dict[str, set[str]] = {}
    for architecture in SMALL.enumerate():
        texts = [renamed(SMALL, architecture, order) for order in itertools.permutations(SMALL.nodes)]
        classes.setdefault(SMALL.canonical_id(architecture), set()).add(min(filter(None, texts)))
    assert SMALL.size == 1_152
    assert 300 < len(classes) < 1_152
    assert all(len(least) == 1 for least in classes.values())
    assert len(set.union(*classes.values())) == len(classes)


def test_alike_nodes_are_not_taken_for_one() -> None:
    """Two nodes compute the same of the same; whether both are read or one twice makes two networks."""
    same = "sep_conv_3x3~0+sep_conv_3x3~1|sep_conv_3x3~0+sep_conv_3x3~1"
    blocks = "|skip_connect~{}+skip_connect~{}|skip_connect~0+skip_connect~1|skip_connect~0+skip_connect~1"
    cells = [same + blocks.format(*read) for read in ((2, 3), (2, 2), (3, 3))]
    both, twice, other = (NASNET.canonical(NASNET.parse(f"normal={cell} reduce={cells[0]}")) for cell in cells)
    assert twice == other
    assert both != twice
