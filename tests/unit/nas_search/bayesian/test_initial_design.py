from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from nas_core.spaces import SearchSpace
from nas_core.spaces.decisions import Choice, Real
from nas_search import History, Problem
from nas_search.bayesian import Bayesian
from nas_search.random_search import RandomSearch
from nas_search.testing.strategy_conformance import ONE

CHOICES = SearchSpace("choices", [Choice(f"op{k}", options=tuple("abcde")) for k in range(6)])
NUMBERS = SearchSpace("numbers", [Real(f"x{k}", 0.0, 1.0) for k in range(4)])


@pytest.mark.parametrize("seed", range(4))
def test_every_option_is_tried_about_as_often(seed: int) -> None:
    first = Bayesian(Problem(CHOICES, ONE), seed, 10).ask(History(), 10)
    assert {one.origin for one in first} == {"Random"}
    for decision in CHOICES.decisions:
        often = Counter(one.architecture[decision.name] for one in first)
        assert set(often) == set("abcde") and max(often.values()) <= 3


def test_numbers_are_spread_over_their_ranges_not_only_to_the_ends() -> None:
    first = [one for seed in range(4) for one in Bayesian(Problem(NUMBERS, ONE), seed, 10).ask(History(), 10)]
    values = np.array([[float(value) for value in one.architecture.values()] for one in first])
    inside = ((values > 0.2) & (values < 0.8)).mean()
    assert 0.45 < inside < 0.75, "of uniform draws it would be 0.6"


def test_numbers_of_the_first_lie_farther_apart_than_random_ones() -> None:
    def nearest(make: type) -> float:
        settings = (10,) if make is Bayesian else ()
        gaps = []
        for seed in range(8):
            first = make(Problem(NUMBERS, ONE), seed, *settings).ask(History(), 10)
            values = np.array([[float(value) for value in one.architecture.values()] for one in first])
            apart = np.abs(values[:, None] - values[None]).sum(2) + 10 * np.eye(10)
            gaps.append(apart.min())
        return float(np.mean(gaps))

    assert nearest(Bayesian) > 1.3 * nearest(RandomSearch)
