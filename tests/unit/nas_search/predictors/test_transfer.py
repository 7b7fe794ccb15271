from __future__ import annotations

import numpy as np
from numpy.testing import assert_allclose

from nas_search.predictors.gaussian_process import GaussianProcess
from nas_search.predictors.held_out import fit_checked
from nas_search.predictors.transfer import alone, columns, judged
from nas_search.ranking import Floats

OWNERS = np.arange(3)


def rows(count: int, seed: int) -> Floats:
    return np.random.default_rng(seed).random((count, 3))


def truth(of: Floats) -> Floats:
    values = of[:, 0] - 2 * of[:, 1] + np.sin(3 * of[:, 2])
    return np.asarray((values - values.mean()) / values.std())


def fit(sign: float, count: int = 40) -> list:  # type: ignore[type-arg]
    there = rows(count, 1)
    return [fit_checked(GaussianProcess(OWNERS), there, sign * truth(there))]


def test_what_an_earlier_search_says_is_compared_with_results_here() -> None:
    here = rows(30, 2)
    good, bad = (judged(name, fit(sign), here, truth(here)[:, None]) for name, sign in (("good", 1.0), ("bad", -1.0)))
    assert good.worth.used and good.worth.here.tau is not None and good.worth.here.tau > 0.8
    assert bad.worth.own.ranks and bad.worth.contradicted and not bad.worth.used
    none = judged("good", fit(1.0), here[:0], truth(here)[:0, None])
    assert none.worth.used and none.worth.here.count == 0


def test_each_is_a_column_and_alone_they_are_the_mean() -> None:
    here = rows(5, 2)
    both = [judged(str(sign), fit(sign), here, truth(here)[:, None]) for sign in (1.0, -1.0)]
    said = columns(both, 0, here)
    assert said.shape == (5, 2) and columns([], 0, here).shape == (5, 0)
    mean, deviation = alone(both, 0).predict(here)
    assert_allclose(mean, said.mean(1))
    assert (deviation >= np.abs(said[:, 0] - said[:, 1]) / 2 - 1e-9).all(), "they disagree, which is told"
    assert alone(both, 0).held_out.ranks
