from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from nas_core.spaces import SearchSpace
from nas_core.spaces.decisions import Choice, Integer, Real, Subset, when
from nas_search.reinforce.policy import Policy

SPACE = SearchSpace(
    "mixed",
    [
        Choice("kind", ("a", "b")),
        Choice("op", ("x", "y", "z"), when=when("kind", "a")),
        Integer("layers", 1, 4),
        Integer("width", 8, 800, log=True),
        Real("rate", 0.001, 1.0, log=True),
        Subset("inputs", ("p", "q", "r", "s"), least=1, most=2),
    ],
)


def test_it_draws_from_the_whole_space_at_first() -> None:
    rng = np.random.default_rng(0)
    policy = Policy(SPACE, 0.5, 0.02)
    drawn = [policy.draw(rng) for _ in range(2000)]
    for values in drawn:
        SPACE.validate(values)
    for name, count in (("kind", 2), ("layers", 4), ("inputs", 10)):
        counts = Counter(values[name] for values in drawn)
        assert len(counts) == count and min(counts.values()) > 2000 / count / 2.5


@pytest.mark.parametrize("reward", [1.0, -1.0])
def test_what_was_rewarded_comes_more_often_and_what_was_not_less_often(reward: float) -> None:
    rng = np.random.default_rng(0)
    policy = Policy(SPACE, 0.5, 0.02)
    for _ in range(10):
        policy.learn({"kind": "a", "op": "y", "layers": "3", "width": "100", "rate": "0.002", "inputs": "q+s"}, reward)
    drawn = [policy.draw(rng) for _ in range(1000)]
    # What was learnt, and how often it comes by chance; numbers are those of the bin.
    for share, chance in (
        (np.mean([values.get("op") == "y" for values in drawn]), 1 / 6),
        (np.mean([values["inputs"] == "q+s" for values in drawn]), 1 / 10),
        (np.mean([81 <= int(values["width"]) <= 141 for values in drawn]), 1 / 8),
        (np.mean([float(values["rate"]) < 0.0023 for values in drawn]), 1 / 8),
    ):
        assert share > 0.6 if reward > 0 else share < 0.7 * chance


def test_a_decision_may_depend_on_the_one_before() -> None:
    """Alike pays, in whatever: each decision by itself is worth nothing."""
    rng = np.random.default_rng(0)
    space = SearchSpace("pairs", [Choice("one", ("x", "y")), Choice("other", ("x", "y"))])
    policy = Policy(space, 0.3, 0.05)
    for _ in range(300):
        values = policy.draw(rng)
        policy.learn(values, 1.0 if values["one"] == values["other"] else -1.0)
    drawn = [policy.draw(rng) for _ in range(300)]
    assert np.mean([v["one"] == v["other"] for v in drawn]) > 0.9


def test_surer_than_certain_is_no_error() -> None:
    rng = np.random.default_rng(0)
    policy = Policy(SPACE, 0.9, 0.02)
    good = {"kind": "b", "layers": "4", "width": "8", "rate": "1", "inputs": "p"}
    for _ in range(5000):
        policy.learn(good, 1.0)
    for _ in range(10):
        SPACE.validate(policy.draw(rng))
