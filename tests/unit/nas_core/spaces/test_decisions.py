from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
import pytest

from nas_core.spaces.decisions import Choice, Decision, Integer, Real, Subset

EVERY = [
    Choice("op", ("conv", "pool", "skip")),
    Integer("layers", 2, 12, step=2),
    Integer("width", 1, 1000, log=True),
    Integer("height", 10, 1000, step=10),
    Integer("shift", -3, 3),
    Real("rate", 1e-5, 0.1, log=True),
    Real("share", 0.0, 0.1235),
    Subset("inputs", ("a", "b", "c", "d"), least=1, most=3),
    Subset("extras", ("a", "b")),
]


@pytest.mark.parametrize("decision", EVERY, ids=lambda d: d.name)
class TestEvery:
    def test_what_is_drawn_is_allowed(self, decision: Decision) -> None:
        rng = np.random.default_rng(0)
        for value in (*(decision.draw(rng) for _ in range(300)), decision.first):
            assert decision.allows(value)
            near = list(decision.near(value))
            assert near and value not in near and len(set(near)) == len(near)
            assert all(map(decision.allows, near))
            assert decision.redraw(value, rng) != value
            assert len(decision.features(value)) == decision.width
            assert all(0 <= feature <= 1 for feature in decision.features(value))

    def test_values_are_as_many_as_counted(self, decision: Decision) -> None:
        if decision.count is None:
            with pytest.raises(TypeError, match="cannot be listed"):
                decision.values()
            return
        values = list(decision.values())
        assert len(set(values)) == len(values) == decision.count
        assert all(map(decision.allows, values))

    def test_equal_parts_of_the_range_are_as_likely_as_in_a_draw(self, decision: Decision) -> None:
        rng = np.random.default_rng(0)
        placed = [decision.at(place) for place in np.linspace(0, 1, 4001).tolist()]
        assert all(map(decision.allows, placed))
        features = np.array([[*decision.features(value)] for value in placed])
        drawn = np.array([decision.features(decision.draw(rng)) for _ in range(4000)])
        assert np.abs(features.mean(0) - drawn.mean(0)).max() < 0.03
        if decision.count is not None and decision.count < 20:
            assert list(dict.fromkeys(placed)) == list(decision.values())

    def test_what_is_no_value_is_not_allowed(self, decision: Decision) -> None:
        assert not any(map(decision.allows, ("", "x", "03", "-0", "nan", "inf", "b+a", "99999", "1e9")))


def test_draws_are_uniform() -> None:
    rng = np.random.default_rng(0)
    subset = Subset("inputs", ("a", "b", "c"))
    counts = Counter(subset.draw(rng) for _ in range(8000))
    assert len(counts) == 8 and min(counts.values()) > 850
    log = Integer("width", 1, 1000, log=True)
    assert 0.55 < np.mean([int(log.draw(rng)) <= 100 for _ in range(2000)]) < 0.75


def test_a_real_value_is_what_is_written() -> None:
    rng = np.random.default_rng(0)
    values = {Real("rate", 0.001, 0.002).draw(rng) for _ in range(100)}
    assert all(len(value) <= len("0.001234") for value in values)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Choice("op", ()), "at least one option"),
        (lambda: Choice("op", ("a", "a")), "each once"),
        (lambda: Integer("n", 3, 2), "low must not exceed high"),
        (lambda: Integer("n", 0, 2, log=True), "logarithmic low be 1 or more"),
        (lambda: Real("r", 1.0, 1.0), "low must be less than high"),
        (lambda: Real("r", 0.0, 1.0, log=True), "logarithmic low more than 0"),
        (lambda: Real("r", 0.0, 0.123456), "0.123456 with at most 4 digits"),
        (lambda: Subset("s", ("a", "b"), least=3), "0 <= least <= most <= 2"),
    ],
)
def test_decisions_that_make_no_sense(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(("members", "least", "most"), [(4, 0, None), (4, 2, 2), (9, 1, 3), (64, 0, None), (2, 1, 2)])
def test_a_subset_is_drawn_as_by_choice_with_the_chances_of_the_sizes(
    members: int, least: int, most: int | None
) -> None:
    """Candidates on record were drawn so: another draw of the same seed would be another search."""
    subset = Subset("s", tuple(f"m{k}" for k in range(members)), least=least, most=most)
    sizes = range(subset.least, subset.greatest + 1)
    weights = np.array([math.comb(members, size) for size in sizes], dtype=float)
    one, other = np.random.default_rng(7), np.random.default_rng(7)
    for _ in range(200):
        size = int(other.choice(list(sizes), p=weights / weights.sum()))
        assert subset.draw(one) == subset.write(f"m{k}" for k in other.choice(members, size, replace=False))
    assert one.random() == other.random()
