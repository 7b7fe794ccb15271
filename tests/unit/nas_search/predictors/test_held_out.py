from __future__ import annotations

import numpy as np
import pytest

from nas_core.spaces.nas_bench_201 import NasBench201
from nas_search.predictors.features import Features
from nas_search.predictors.held_out import WIDTH, fit_checked, held_out
from nas_search.predictors.kinds import PREDICTORS
from nas_search.ranking import Floats
from nas_search.scoring import draw

SPACE = NasBench201()
FEATURES = Features(SPACE)
CELLS = [SPACE.join(one.architecture, {}) for one in draw(SPACE, 0, 600)]
WORTH = {"none": 0.0, "skip_connect": 1.0, "avg_pool_3x3": 0.5, "nor_conv_1x1": 2.0, "nor_conv_3x3": 3.0}
OWNERS = FEATURES.owners


def worth(noise: float, seed: int = 0) -> Floats:
    """Values of the cells, standardised: convolutions are good, and most so on the way through all nodes."""
    made = np.array([sum(WORTH[op] for op in one.values()) + WORTH[one["0-1"]] * WORTH[one["1-2"]] for one in CELLS])
    return (made - made.mean()) / made.std() + noise * np.random.default_rng(seed).normal(size=len(CELLS))


@pytest.mark.parametrize("kind", PREDICTORS)
def test_intervals_hold_about_nine_of_ten_results(kind: str) -> None:
    rows, held = FEATURES.rows(CELLS), []
    for seed in range(4):
        values = worth(0.3, seed)
        order = np.random.default_rng(seed).permutation(len(CELLS))
        used, others = order[:60], order[60:]
        mean, deviation = fit_checked(PREDICTORS[kind](OWNERS, 0), rows[used], values[used]).predict(rows[others])
        held.append(np.mean(np.abs(mean - values[others]) <= WIDTH * deviation))
    assert 0.84 < np.mean(held) < 0.96


@pytest.mark.parametrize("kind", PREDICTORS)
def test_a_predictor_that_ranks_is_told_from_one_that_does_not(kind: str) -> None:
    rows = FEATURES.rows(CELLS[:40])
    good = held_out(PREDICTORS[kind](OWNERS, 0), rows, worth(0.1)[:40])
    assert good.ranks and good.tau is not None and good.tau > 0.5
    for seed in range(3):
        noise = np.random.default_rng(seed).normal(size=40)
        assert not held_out(PREDICTORS[kind](OWNERS, 0), rows, noise).ranks


def test_of_too_few_results_nothing_is_said() -> None:
    predictor, rows, values = PREDICTORS["gaussianProcess"](OWNERS, 0), FEATURES.rows(CELLS[:4]), worth(0.1)[:4]
    for count in (1, 2, 4):
        found = held_out(predictor, rows[:count], values[:count])
        assert found.count == count and found.interval is None and not found.ranks
    assert not held_out(predictor, FEATURES.rows(CELLS[:9]), np.zeros(9)).ranks
