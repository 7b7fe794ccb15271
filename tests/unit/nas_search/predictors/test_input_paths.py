from __future__ import annotations

import numpy as np
import pytest

from nas_core.spaces.input_cells import InputCells
from nas_core.spaces.nas_bench_301 import NasBench301
from nas_core.spaces.nasnet import NasNet
from nas_search.predictors.features import Features
from nas_search.predictors.input_paths import InputPaths

SPACE = InputCells("cell", 3, ("skip_connect", "sep_conv_3x3", "max_pool_3x3"), ("normal",))


def apart(one: str, other: str) -> float:
    rows = Features(SPACE).rows([SPACE.parse(f"normal={text}") for text in (one, other)])
    return float(((rows[0] - rows[1]) ** 2).sum())


FIRST = "sep_conv_3x3~0+skip_connect~1"


def test_through_which_nodes_a_path_goes_does_not_count() -> None:
    other = "max_pool_3x3~0+sep_conv_3x3~1"
    one = f"{FIRST}|{other}|sep_conv_3x3~0+sep_conv_3x3~2"
    assert apart(one, f"{other}|{FIRST}|sep_conv_3x3~0+sep_conv_3x3~3") == 0


def test_from_which_input_a_path_comes_counts() -> None:
    assert apart(f"{FIRST}|{FIRST}|{FIRST}", "|".join(["skip_connect~0+sep_conv_3x3~1"] * 3)) > 0.5


def test_an_identity_hands_on_the_paths_that_it_is_given() -> None:
    handed_on = SPACE.parse(f"normal={FIRST}|{FIRST}|skip_connect~2+skip_connect~3")
    # Half of what the last node adds up comes from each input, as of the others.
    assert InputPaths(SPACE).columns(handed_on)[-1] == 0.5


@pytest.mark.parametrize("space", [SPACE, NasBench301(), NasNet()])
def test_columns_have_their_widths_and_bounds(space: InputCells) -> None:
    paths, rng = InputPaths(space), np.random.default_rng(0)
    for _ in range(20):
        columns = np.array(paths.columns(space.sample(rng)))
        assert len(columns) == sum(paths.widths) < 700
        assert columns.min() >= 0 and columns.max() <= 1


def test_encodings_of_one_network_have_one_row() -> None:
    space, rng = NasBench301(), np.random.default_rng(0)
    for _ in range(20):
        values = space.sample(rng)
        twins = [near for near in space.neighbours(values) if space.canonical_id(near) == space.canonical_id(values)]
        rows = Features(space).rows([values, *twins])
        assert np.allclose(rows, rows[0])
