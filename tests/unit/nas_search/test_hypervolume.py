from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymoo.indicators.hv import HV

from nas_search.hypervolume import hypervolume
from nas_search.ranking import Floats


def draw(seed: int, count: int, objectives: int) -> Floats:
    return np.random.default_rng(seed).uniform(size=(count, objectives))


@pytest.mark.parametrize("objectives", [2, 3, 4, 5])
@pytest.mark.parametrize("seed", range(5))
def test_it_is_what_pymoo_says(objectives: int, seed: int) -> None:
    values, reference = draw(seed, 40, objectives), np.full(objectives, 0.9)
    assert hypervolume(values, reference) == pytest.approx(HV(ref_point=reference)(values), rel=1e-9)


@given(
    st.integers(1, 4).flatmap(
        lambda d: st.lists(st.lists(st.integers(0, 5), min_size=d, max_size=d), min_size=1, max_size=12)
    )
)
def test_on_a_grid_it_is_the_number_of_beaten_cells(rows: list[list[int]]) -> None:
    values = np.array(rows, dtype=float)
    cells = np.stack(np.meshgrid(*[np.arange(5)] * values.shape[1], indexing="ij"), axis=-1).reshape(
        -1, values.shape[1]
    )
    beaten = np.any(np.all(cells[:, None] >= values[None], axis=2), axis=1)
    assert hypervolume(values, np.full(values.shape[1], 5.0)) == pytest.approx(beaten.sum())


def test_equal_beaten_and_outside_rows_add_nothing() -> None:
    front = np.array([[0.0, 2.0, 1.0], [2.0, 0.0, 1.0]])
    more = np.array([[2.0, 2.0, 2.0], [0.0, 2.0, 1.0], [-9.0, 3.0, 0.0], [np.nan, 0.0, 0.0], [0.0, np.inf, 0.0]])
    reference = np.full(3, 3.0)
    assert hypervolume(front, reference) == pytest.approx(2 * (3 + 3 - 1))
    assert hypervolume(np.vstack([front, more]), reference) == pytest.approx(2 * (3 + 3 - 1))


def test_nothing_has_no_volume() -> None:
    assert hypervolume(np.empty((0, 2)), np.ones(2)) == 0.0
    assert hypervolume(np.ones((3, 2)), np.ones(2)) == 0.0


@pytest.mark.parametrize(
    ("values", "reference", "words"),
    [
        (np.zeros((2, 2)), np.ones(3), "objectives"),
        (np.zeros(2), np.ones(2), "objectives"),
        (np.array([[-np.inf, 0.0]]), np.ones(2), "infinite"),
        (np.zeros((1, 2)), np.array([np.inf, 1.0]), "infinite"),
    ],
)
def test_what_has_no_volume_is_refused(values: Floats, reference: Floats, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        hypervolume(values, reference)
