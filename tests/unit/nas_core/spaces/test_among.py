from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from nas_core.spaces.among import Among, among
from nas_core.spaces.decisions import Choice, Decision, Integer, Real, Subset, when

DECISIONS: list[tuple[Decision, tuple[str, ...]]] = [
    (Choice("op", ("a", "b", "c")), ("a", "c")),
    (Integer("n", 1, 100, log=True), ("1", "2", "50")),
    (Real("r", 0.0, 1.0), ("0.25", "0.5")),
    (Subset("s", ("a", "b", "c")), ("a", "a+c")),
]


@pytest.mark.parametrize(("whole", "left"), DECISIONS)
def test_only_what_is_left_is_drawn_near_or_at_a_place(whole: Decision, left: tuple[str, ...]) -> None:
    decision, rng = among(whole, left), np.random.default_rng(0)
    drawn = Counter(decision.draw(rng) for _ in range(300))
    assert set(drawn) == {decision.at(place / 10) for place in range(11)} == set(decision.values()) == set(left)
    assert decision.count == len(left) and decision.first == left[0] and decision.longest == max(map(len, left))
    assert all(decision.allows(value) for value in left) and decision.expected == "one of " + ", ".join(left)
    assert all(set(decision.near(value)) <= set(left) - {value} for value in left)


def test_draws_are_as_likely_as_those_of_the_whole_decision() -> None:
    decision, rng = among(Integer("n", 1, 100, log=True), ("1", "50")), np.random.default_rng(0)
    drawn = Counter(decision.draw(rng) for _ in range(300))
    assert drawn["1"] > 5 * drawn["50"] > 0


def test_features_and_condition_are_the_whole_ones() -> None:
    whole = Integer("n", 0, 10, when=when("op", "a"))
    decision = among(whole, ("5",))
    assert isinstance(decision, Among)
    assert decision.features("5") == [0.5] and decision.width == 1 and decision.when == whole.when


def test_the_nearest_number_and_any_word() -> None:
    assert among(Integer("n", 1, 100), ("1", "40")).nearest("30") == "40"
    assert among(Real("r", 0.0, 1.0), ("0.1", "0.9")).nearest("0.4") == "0.1"
    words = among(Subset("s", ("a", "b", "c")), ("a", "b"))
    assert {words.nearest(value) for value in ("c", "a+b", "a+c", "b+c", "a+b+c")} == {"a", "b"}
