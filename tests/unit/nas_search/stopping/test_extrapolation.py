from __future__ import annotations

import numpy as np
import pytest
from tests.support.learning_curves import cohort, curve, single

from nas_search.stopping import LearningCurve, extrapolation
from nas_search.stopping.extrapolation import predict

EPOCHS = np.arange(1, 21)


def learner(final: float, jump: float = 0.0, seed: int = 0, epochs: int = 20) -> LearningCurve:
    """A power law with some noise that ends at an accuracy, with a jump at the end that no law foresees."""
    noise = np.random.default_rng(seed).normal(0, 0.003, 20)
    values = final - 0.5 * (EPOCHS**-0.7 - 20**-0.7) + noise - jump
    values[-1] += jump
    return single(*values[:epochs], full=epochs == 20)


def test_a_power_law_is_found_again() -> None:
    costs = np.stack([0.1 + 0.6 * EPOCHS[:6] ** -0.5, np.full(6, 4.0)], axis=1)
    assert predict(EPOCHS[:6], costs, 100) == pytest.approx([0.1 + 0.06, 4.0], abs=0.01)


def test_one_that_gets_worse_is_not_expected_to_rise() -> None:
    assert predict(EPOCHS[:4], np.array([[0.1], [0.2], [0.3], [0.4]]), 100) == pytest.approx([0.25])


def test_it_is_stopped_when_it_hardly_beats_the_best() -> None:
    others = cohort(*(learner(final, seed=k) for k, final in enumerate((0.8, 0.82, 0.85, 0.9, 0.78))))
    assert extrapolation(learner(0.92, seed=7, epochs=8), others, 5, 20) is None
    found = extrapolation(learner(0.7, seed=8, epochs=8), others, 5, 20)
    assert found and -found.value == pytest.approx(0.7, abs=0.02) and -found.threshold == pytest.approx(0.9, abs=0.01)


def test_what_fits_get_wrong_is_learned_from_those_trained_in_full() -> None:
    """All gain 0.1 in their last epoch: the law alone would stop a trial that gets as far as the best."""
    others = cohort(*(learner(final, 0.1, k) for k, final in enumerate((0.8, 0.82, 0.85, 0.9, 0.78))))
    late = learner(0.91, 0.1, 7, epochs=8)
    assert -predict(late.epochs, late.costs, 20)[0] < 0.85
    assert extrapolation(late, others, 5, 20) is None


def test_without_enough_points_or_trials_nothing_is_decided() -> None:
    others = cohort(*(learner(final, seed=k) for k, final in enumerate((0.8, 0.82, 0.85, 0.9, 0.78))))
    bad = learner(0.3, seed=8, epochs=8)
    assert extrapolation(bad, others, 5, 20) and extrapolation(bad, others, 6, 20) is None
    assert extrapolation(learner(0.3, seed=8, epochs=3), others, 5, 20) is None


def test_with_several_objectives_one_that_was_trained_in_full_must_dominate() -> None:
    def with_latency(one: LearningCurve, latency: float) -> LearningCurve:
        costs = np.stack([one.costs[:, 0], np.full(len(one.epochs), latency)], axis=1)
        return curve(one.epochs.tolist(), costs.tolist(), one.full)

    others = cohort(
        *(with_latency(learner(final, seed=k), 5.0) for k, final in enumerate((0.8, 0.82, 0.85, 0.9, 0.78)))
    )
    bad = learner(0.6, seed=8, epochs=8)
    assert extrapolation(with_latency(bad, 4.0), others, 5, 20) is None
    found = extrapolation(with_latency(bad, 6.0), others, 5, 20)
    assert found and (found.value, found.threshold) == (1.0, 0.2)


def test_courses_seen_at_other_epochs_are_fitted_by_themselves() -> None:
    every = [learner(final, 0.1, k) for k, final in enumerate((0.8, 0.82, 0.85, 0.9, 0.78, 0.6))]
    seen = [slice(1, None, 2 + k % 2) for k in range(6)]
    thinned = [curve(c.epochs[s].tolist(), c.costs[s].tolist(), True) for c, s in zip(every, seen, strict=True)]
    bad = learner(0.5, 0.1, 8, epochs=12)
    for others in (every, thinned, [*every[:3], *thinned[3:]]):
        found = extrapolation(bad, cohort(*others), 5, 20)
        assert found and found.others == len(others) and -found.value == pytest.approx(0.5, abs=0.03)
