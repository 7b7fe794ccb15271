from __future__ import annotations

import numpy as np
import pytest

from nas_core.utility import Floats, Utility, learn_utility

FRONT = np.array([[x, (1 - x) ** 2] for x in np.linspace(0, 1, 11)])


def learn(*pairs: tuple[int, int], front: Floats = FRONT, prior: Floats | None = None) -> Utility:
    return learn_utility(front, front[[a for a, _ in pairs]], front[[b for _, b in pairs]], prior)


def order(utility: Utility, front: Floats = FRONT) -> list[int]:
    return np.argsort(-utility.of(front)).tolist()


def test_what_is_preferred_comes_first() -> None:
    assert order(learn((0, 5), (0, 10)))[0] in (0, 1) and order(learn((10, 5), (10, 0)))[0] in (8, 9, 10)
    ends = learn((0, 5), (0, 10)).weight(0).share, learn((10, 5), (10, 0)).weight(0).share
    assert ends[0] > 0.7 and ends[1] < 0.3


def test_a_point_that_no_weighted_sum_would_choose_may_come_first() -> None:
    front = np.array([[0.0, 1.0], [0.55, 0.55], [1.0, 0.0]])
    assert order(learn((1, 0), (1, 2), front=front), front)[0] == 1


def test_a_limit_is_learnt() -> None:
    # As much of the first objective as there is while the second one loses at most six tenths.
    hidden = -FRONT[:, 0] - 5 * np.maximum(0.0, FRONT[:, 1] - 0.6)
    pairs: list[tuple[int, int]] = []
    for _ in range(8):
        pair = learn(*pairs).to_compare(FRONT, pairs)
        assert pair is not None
        pairs.append(pair if hidden[pair[0]] > hidden[pair[1]] else pair[::-1])
    assert abs(order(learn(*pairs))[0] - int(np.argmax(hidden))) <= 1


@pytest.mark.parametrize("seed", range(5))
def test_what_is_dominated_never_comes_before_what_dominates_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    costs = rng.uniform(size=(40, 3))
    pairs = [(int(a), int(b)) for a, b in rng.integers(40, size=(12, 2)) if a != b]
    utilities = learn(*pairs, front=costs).of(costs)
    for a, b in np.argwhere((costs[:, None] <= costs[None]).all(-1)):
        assert a == b or utilities[a] > utilities[b]


def test_of_comparisons_that_contradict_each_other_most_count_and_all_count_less() -> None:
    assert order(learn((2, 8), (8, 2), (2, 8)))[0] < 5
    slopes = [float(found.likely @ found.draws.slopes) for found in (learn((2, 8), (8, 2)), learn((2, 8), (2, 8)))]
    assert slopes[0] < 0.8 * slopes[1]


def test_intervals_narrow_with_comparisons_and_hold_the_weight() -> None:
    few, many = learn((2, 8)).weight(0), learn((2, 8), (2, 5), (3, 6), (2, 1), (3, 0), (2, 4)).weight(0)
    assert many.high - many.low < few.high - few.low < 1
    assert few.low < few.share < few.high


def test_without_comparisons_weights_of_objectives_count() -> None:
    assert learn(prior=np.array([9.0, 1.0])).weight(0).share > 0.75
    assert learn().weight(0).share == pytest.approx(0.5, abs=0.02)


def test_an_objective_in_which_all_are_equal_does_no_harm() -> None:
    flat = np.column_stack([FRONT, np.ones(11)])
    assert np.isfinite(learn((0, 5), front=flat).of(flat)).all()


def test_it_asks_for_what_it_does_not_know() -> None:
    utility = learn()
    asked = utility.to_compare(FRONT)
    assert asked is not None and asked == learn().to_compare(FRONT), "always alike"
    assert utility.to_compare(FRONT, [asked]) not in (asked, asked[::-1])
    assert utility.to_compare(FRONT, [asked[::-1]]) == utility.to_compare(FRONT, [asked])
    assert utility.to_compare(FRONT[:1]) is None and utility.to_compare(FRONT[:2], [(1, 0)]) is None
    sure = learn(*[(0, place) for place in range(1, 11)] * 2)
    assert set(sure.to_compare(FRONT) or ()) <= {0, 1, 2, 3}, "between those that may be the best"


def test_ten_answers_find_nearly_the_best_of_a_hidden_utility() -> None:
    front = np.array([[a, b, max(0.0, 1 - a - b)] for a in np.linspace(0, 1, 6) for b in np.linspace(0, 1 - a, 4)])
    lost = []
    for seed in range(12):
        weights = np.random.default_rng(seed).dirichlet(np.ones(3))
        hidden = -(front * weights).max(axis=1) - 0.1 * front @ weights
        pairs: list[tuple[int, int]] = []
        for _ in range(10):
            pair = learn(*pairs, front=front).to_compare(front, pairs)
            assert pair is not None
            pairs.append(pair if hidden[pair[0]] > hidden[pair[1]] else pair[::-1])
        first = order(learn(*pairs, front=front), front)[0]
        lost.append((hidden.max() - hidden[first]) / np.ptp(hidden))
    assert np.mean(lost) < 0.05


def test_a_large_front_is_valued_in_parts() -> None:
    utility, costs = learn((2, 8)), np.random.default_rng(0).random((150, 2))
    one_by_one = np.concatenate([utility.of(row[None]) for row in costs])
    assert utility.of(costs) == pytest.approx(one_by_one, rel=1e-9)
    assert utility.of(costs[:0]).shape == (0,)
