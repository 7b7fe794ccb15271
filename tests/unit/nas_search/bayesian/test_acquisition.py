from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm, t

from nas_search.bayesian.acquisition import (
    FREEDOM,
    log_expected_improvement,
    log_expected_improvement_of_t,
    log_hypervolume_improvement,
    undominated_boxes,
)
from nas_search.hypervolume import hypervolume
from nas_search.ranking import non_dominated


def test_expected_improvement_is_right() -> None:
    z = np.array([-4.0, -1.001, -0.999, 0.0, 3.0])
    assert log_expected_improvement(z) == pytest.approx(np.log(norm.pdf(z) + z * norm.cdf(z)), rel=1e-6)


def test_expected_improvement_of_heavy_tails_is_right() -> None:
    z = np.array([-30.0, -4.0, 0.0, 3.0])
    expected = [quad(lambda x, at=at: (at + x) * t.pdf(x, FREEDOM), -at, np.inf)[0] for at in z]
    assert log_expected_improvement_of_t(z) == pytest.approx(np.log(expected), rel=1e-5)
    assert np.isfinite(log_expected_improvement_of_t(np.array([-1e60]))).all()


def test_expected_improvement_is_finite_and_falls_far_away() -> None:
    far = log_expected_improvement(-np.logspace(7, 0.5, 40))
    assert np.isfinite(far).all() and (np.diff(far) > 0).all()
    # phi(z) / z^2 (1 - 3 / z^2 + ...) far in the tail.
    assert log_expected_improvement(np.array([-40.0])) == pytest.approx(norm.logpdf(-40) - np.log(40**2 + 3), abs=1e-4)


@pytest.mark.parametrize("objectives", [1, 2, 3, 4])
def test_boxes_hold_what_no_point_dominates_once(objectives: int) -> None:
    rng = np.random.default_rng(objectives)
    points = rng.random((12, objectives)).round(1)
    front, worst = points[non_dominated(-points)], np.full(objectives, 0.1)
    lower, upper = undominated_boxes(front, worst)
    assert (lower < upper).all()
    for probe in rng.random((300, objectives)) * 1.2:
        inside = int(((lower <= probe) & (probe < upper)).all(1).sum())
        dominated = bool((front >= probe).all(1).any())
        assert inside == (0 if dominated or (probe < worst).any() else 1)


@pytest.mark.parametrize("objectives", [1, 2, 3])
def test_the_expected_volume_is_what_draws_add_in_the_mean(objectives: int) -> None:
    rng = np.random.default_rng(objectives)
    points = rng.random((6, objectives))
    front, worst = points[non_dominated(-points)], np.full(objectives, -0.5)
    mean, deviation = rng.random((2, objectives)) * 1.2, np.full((2, objectives), 0.3)
    expected = np.exp(log_hypervolume_improvement(mean, deviation, *undominated_boxes(front, worst)))
    before = hypervolume(-front, -worst)
    for place in range(2):
        size = (8000 // objectives**2, objectives)
        noise = rng.standard_normal(size) if objectives > 1 else rng.standard_t(FREEDOM, size)
        draws = mean[place] + deviation[place] * noise
        added = [hypervolume(-np.vstack([front, draw]), -worst) - before for draw in draws]
        assert expected[place] == pytest.approx(np.mean(added), rel=0.15)


def test_candidates_without_hope_are_still_told_apart() -> None:
    boxes = undominated_boxes(np.array([[1.0, 2.0], [2.0, 1.0]]), np.zeros(2))
    mean = np.array([[-30.0, -30.0], [-20.0, -30.0], [-20.0, -20.0]])
    scores = log_hypervolume_improvement(mean, np.full((3, 2), 0.5), *boxes)
    assert np.isfinite(scores).all() and (np.diff(scores) > 0).all()
