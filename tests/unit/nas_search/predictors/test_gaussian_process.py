from __future__ import annotations

import numpy as np
import pytest

from nas_search.predictors.gaussian_process import Hyperparameters, Kernel, Posterior

OWNERS = np.array([0, 1, 2, 2])


def sample(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Values that the first decision makes, a little the second, and not at all the third."""
    rng = np.random.default_rng(seed)
    coin = rng.integers(2, size=(n, 1)).astype(float)
    rows = np.hstack([rng.uniform(size=(n, 2)), coin, 1 - coin])
    values = np.sin(6 * rows[:, 0]) + 0.2 * rows[:, 1]
    return rows, (values - values.mean()) / values.std()


def test_what_decides_is_told_from_what_does_not() -> None:
    weights = Kernel(OWNERS).fit(*sample(60)).weights
    assert weights[0] > 5 * weights[1] > 0
    assert weights[0] > 5 * weights[2]


def test_the_distances_by_a_part_are_the_very_same_whether_other_parts_are_left_out_or_weigh_nothing() -> None:
    """Searches that go on with another version choose the same: not a bit of a distance may differ."""
    rng = np.random.default_rng(0)
    options = rng.integers(7, size=40)
    # A choice, a number, and a part with several entries a row.
    rows = np.hstack([np.sqrt(0.5) * (np.arange(7) == options[:, None]), rng.uniform(size=(40, 4))])
    kernel = Kernel(np.array([0] * 7 + [1] + [2] * 3))
    for part, weights in enumerate(np.eye(3)):
        assert (kernel._distance_by(part, rows) == kernel._distance(rows, rows, weights)).all()


def test_noise_is_seen() -> None:
    rows, values = sample(80)
    quiet = Kernel(OWNERS).fit(rows, values).noise
    loud = Kernel(OWNERS).fit(rows, values + np.random.default_rng(1).normal(size=80)).noise
    assert loud > 10 * quiet


@pytest.mark.parametrize("values", [np.zeros(30), np.array([0.0] * 29 + [50.0]), np.linspace(-1e3, 1e3, 30)])
def test_it_fits_whatever_the_values(values: np.ndarray) -> None:
    rows = np.repeat(sample(3)[0], 10, axis=0)
    kernel = Kernel(OWNERS)
    settings = kernel.fit(rows, values)
    assert np.isfinite([*settings.weights, settings.noise]).all()
    mean, deviation = Posterior(kernel, settings, rows, values).predict(sample(5)[0])
    assert np.isfinite(mean).all() and (deviation > 0).all()


def test_it_predicts_what_it_has_not_seen_and_knows_where_it_does_not_know() -> None:
    rows, values = sample(200)
    kernel = Kernel(OWNERS)
    posterior = Posterior(kernel, kernel.fit(rows[:100], values[:100]), rows[:100], values[:100])
    mean, deviation = posterior.predict(rows[100:])
    error = mean - values[100:]
    assert np.sqrt(np.mean(error**2)) < 0.1
    assert np.mean(np.abs(error) < 2 * deviation + 0.05) > 0.9
    _, far = posterior.predict(np.full((1, 4), 30.0))
    assert far[0] > 5 * np.median(deviation)


def test_a_distance_is_the_sum_over_decisions() -> None:
    settings = Hyperparameters(np.array([0.5, 2.0, 0.25]), 0.0)
    found = Kernel(OWNERS)(np.zeros((1, 4)), np.array([[1.0, 0.5, 1.0, 2.0]]), settings)
    assert found == pytest.approx(np.exp(-(0.5 * 1 + 2.0 * 0.25 + 0.25 * 5)))
