from __future__ import annotations

import numpy as np
import pytest

from nas_core.ranks import kendall_tau
from nas_search.predictors.boosted_trees import BoostedTrees


def steps(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Values that jump where two columns agree; a third column tells nothing."""
    rows = np.random.default_rng(seed).integers(3, size=(n, 3)).astype(float)
    return rows, (rows[:, 0] == rows[:, 1]) * 2.0 + rows[:, 0] - 1.0


def test_it_learns_what_decisions_do_together() -> None:
    rows, values = steps(200)
    mean, _ = BoostedTrees().fit(rows[:100], values[:100]).predict(rows[100:])
    assert (kendall_tau(mean.tolist(), values[100:].tolist()) or 0) > 0.9
    assert np.abs(mean - values[100:]).mean() < 0.3


def test_it_is_less_sure_of_what_it_cannot_know() -> None:
    rows, values = steps(200)
    _, sure = BoostedTrees().fit(rows, values).predict(rows)
    noise = np.random.default_rng(1).normal(size=200)
    _, unsure = BoostedTrees().fit(rows, values + noise).predict(rows)
    assert unsure.mean() > 3 * sure.mean()


@pytest.mark.parametrize("n", [1, 2, 7])
def test_it_fits_whatever_the_results(n: int) -> None:
    rows, values = steps(n)
    for given in (rows, np.ones_like(rows)):
        mean, deviation = BoostedTrees().fit(given, values).predict(steps(5)[0])
        assert np.isfinite(mean).all() and (deviation > 0).all()


def test_equal_results_give_equal_predictions() -> None:
    rows, values = steps(50)
    one, other = (BoostedTrees().fit(rows, values).predict(rows) for _ in range(2))
    assert (one[0] == other[0]).all() and (one[1] == other[1]).all()
