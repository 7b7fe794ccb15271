from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from tests.support.learning_curves import cohort, curve, single

from nas_search.stopping import LearningCurve, wilcoxon
from nas_search.stopping.wilcoxon import by_chance

BEST = single(0.2, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8)
OTHERS = cohort(BEST, single(*[0.1] * 7), single(*[0.9] * 6, 0.3), single(*[0.99] * 7, full=False))
"""The best is the one that ends best of those trained in full."""


@pytest.mark.parametrize("differences", [[0.3, 0.1, -0.2, 0.4], [1, 1, 2, -1, 3, 3, -2, 0, 4], [-1, -2], [0.5] * 9])
def test_the_test_is_scipys(differences: list[float]) -> None:
    expected = stats.wilcoxon(differences, alternative="greater", method=stats.PermutationMethod()).pvalue
    assert by_chance(np.array(differences, dtype=float)) == pytest.approx(expected)


def test_long_courses_too() -> None:
    differences = np.random.default_rng(0).normal(0.3, 1, 64)
    expected = stats.wilcoxon(differences, alternative="greater", method="exact").pvalue
    assert by_chance(differences) == pytest.approx(expected)


def test_without_a_difference_all_is_chance() -> None:
    assert by_chance(np.zeros(5)) == 1.0


def test_one_that_is_behind_for_long_enough_is_stopped() -> None:
    behind = [0.1, 0.3, 0.4, 0.5, 0.6]
    assert wilcoxon(single(*behind[:4], full=False), OTHERS, 3, 1, 0.05) is None, "1/16"
    found = wilcoxon(single(*behind, full=False), OTHERS, 3, 1, 0.05)
    assert found and (found.value, found.threshold, found.others, found.costs) == (1 / 32, 0.05, 3, False)
    assert wilcoxon(single(*behind, full=False), OTHERS, 4, 1, 0.05) is None, "too few others"
    assert wilcoxon(single(*behind, full=False), OTHERS, 3, 2, 0.05) is None, "the first epochs do not count"


def test_one_lucky_epoch_saves_nobody_but_catching_up_does() -> None:
    lucky = single(0.1, 0.3, 0.51, 0.5, 0.6, 0.65, 0.7, full=False)
    assert wilcoxon(lucky, OTHERS, 3, 1, 0.05)
    caught_up = single(0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.8, full=False)
    assert by_chance((caught_up.costs - BEST.costs)[:, 0]) < 0.05
    assert wilcoxon(caught_up, OTHERS, 3, 1, 0.05) is None


def test_epochs_that_were_not_seen_are_no_pairs() -> None:
    now_and_then = curve([3, 5, 7], [[-0.1], [-0.1], [-0.1]])
    assert wilcoxon(now_and_then, OTHERS, 3, 1, 0.05) is None, "1/8"
    assert wilcoxon(now_and_then, OTHERS, 3, 1, 0.13)
    beyond = curve([6, 7, 8], [[-0.1], [-0.1], [-0.1]])
    assert wilcoxon(beyond, OTHERS, 3, 1, 0.13) is None, "the best was never seen after 8"


def test_with_several_objectives_one_of_the_front_must_be_better_in_each_that_differs() -> None:
    def tall(accuracy: float, latency: float, epochs: int, full: bool = True) -> LearningCurve:
        return curve(range(1, epochs + 1), [[-accuracy + k / 100, latency] for k in range(epochs)], full)

    others = cohort(tall(0.9, 5.0, 9), tall(0.5, 1.0, 9), tall(0.4, 9.0, 9))
    assert wilcoxon(tall(0.7, 4.0, 6, False), others, 3, 1, 0.05) is None, "between the two"
    for latency in (5.0, 6.0):
        found = wilcoxon(tall(0.7, latency, 6, False), others, 3, 1, 0.05)
        assert found and found.value == 1 / 64
    assert wilcoxon(tall(0.9, 5.0, 6, False), others, 3, 1, 0.05) is None, "it is the same"
