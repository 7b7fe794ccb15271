from __future__ import annotations

import numpy as np
import pytest
from tests.support.learning_curves import cohort, curve

from nas_search.stopping import Cohort, LearningCurve
from nas_search.stopping.learning_curves import dominating


def some(rng: np.random.Generator) -> LearningCurve:
    """A curve of two objectives with a few points anywhere in the first twenty epochs."""
    epochs = np.sort(rng.choice(np.arange(1, 21), rng.integers(1, 12), replace=False))
    return curve(epochs.tolist(), rng.random((len(epochs), 2)).tolist(), bool(rng.integers(2)))


def test_a_point_stands_for_the_epochs_since_the_one_before() -> None:
    thinned = cohort(curve([1, 2, 4], [[3.0], [2.0], [1.0]]), curve([5], [[1.0]]))
    assert thinned.averages(4)[0] == pytest.approx([(3 + 2 + 2 * 1) / 4]) and thinned.averages(3)[0] == [2.5]
    assert thinned.averages(5)[1] == pytest.approx([1.0]) and np.isnan(thinned.averages(4)[1])


def test_between_two_points_lies_a_line_and_outside_of_them_nothing() -> None:
    one = curve([2, 4], [[1.0, 5.0], [2.0, 3.0]])
    assert one.at(3) == pytest.approx([1.5, 4.0]) and one.at(4) == pytest.approx([2.0, 3.0])
    assert one.at(np.array([2, 3])).shape == (2, 2)
    assert np.isnan(one.at(1)).all() and np.isnan(one.at(5)).all()


def test_many_at_once_are_what_each_is_alone() -> None:
    rng = np.random.default_rng(0)
    curves = [some(rng) for _ in range(50)]
    together = Cohort(curves)
    for epoch in range(1, 22):
        at, averages = together.at(epoch), together.averages(epoch)
        for place, one in enumerate(curves):
            assert at[place] == pytest.approx(one.at(epoch), nan_ok=True)
            seen = one.epochs <= epoch
            weights = np.diff(one.epochs[seen], prepend=one.epochs[0] - 1)
            mean = weights @ one.costs[seen] / weights.sum() if seen.any() else [np.nan, np.nan]
            assert averages[place] == pytest.approx(mean, nan_ok=True)
            assert together.seen(epoch)[place] == seen.sum()
    assert together.finals == pytest.approx(np.array([one.costs[-1] for one in curves]))


def test_the_front_is_of_those_trained_in_full() -> None:
    ends = ([1.0, 3.0], [2.0, 2.0], [2.0, 4.0])
    full = [curve([1], [end], True) for end in ends]
    assert cohort(*full, curve([1], [[0.0, 0.0]])).front == full[:2]


def test_none_at_all() -> None:
    nobody = Cohort([])
    assert len(nobody) == len(nobody.at(1)) == len(nobody.averages(1)) == len(nobody.front) == 0


def test_what_dominates_is_nowhere_worse_and_somewhere_better() -> None:
    points = np.array([[1.0, 1.0], [1.0, 0.5], [0.5, 2.0], [np.nan, 0.0]])
    assert dominating(points, np.array([1.0, 1.0])) == 1
