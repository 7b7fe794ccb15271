"""When an earlier search counts as contradicted, and that this is for good."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from nas_core.history import Earlier, History, Observation, Scored
from nas_search.foresight import ASKED, JUDGED, Foresight
from nas_search.predictors.worth import Foreseen
from nas_search.problem import Problem
from nas_search.scoring import draw
from nas_search.testing.strategy_conformance import ONE, SPACE, TWO

DRAWN = draw(SPACE, 0, 60)
EARLIER = Earlier("first", tuple(Scored(one, {"quality": float(k), "cost": float(k)}) for k, one in enumerate(DRAWN)))


def results(values: Sequence[float], costs: Sequence[float] | None = None) -> tuple[Observation, ...]:
    return tuple(
        Observation(k, k + 1, DRAWN[k], {"quality": value, "cost": (costs or values)[k]})
        for k, value in enumerate(values)
    )


def judged(values: Sequence[float], *earlier: Earlier) -> tuple[Foreseen, ...]:
    return Foresight(Problem(SPACE, ONE)).of(History(results(values), earlier=earlier or (EARLIER,)))


def test_too_few_results_say_nothing() -> None:
    [found] = judged([4.0, 3.0, 2.0, 1.0])
    assert not found.dropped and found.here.interval is None and found.here.tau == -1


def test_results_in_the_order_that_was_foreseen_agree() -> None:
    [found] = judged([float(k) for k in range(12)])
    assert not found.dropped and found.here.ranks
    assert (found.source, found.here.count) == ("first", 12) and found.here.tau == pytest.approx(1)


def test_results_that_are_all_alike_contradict_nothing() -> None:
    [found] = judged([1.0] * 12)
    assert not found.dropped and found.here.tau is None


def test_what_was_dropped_is_not_taken_up_again() -> None:
    turned = [5.0, 4.0, 3.0, 2.0, 1.0]
    values = [*turned, *(float(k) for k in range(6, JUDGED + 6))]
    [found] = judged(values)
    assert found.here.count == JUDGED and found.here.ranks and found.dropped


def test_only_the_first_results_are_judged_by() -> None:
    agreeing = [float(k) for k in range(JUDGED)]
    assert judged(agreeing) == judged([*agreeing, *(-float(k) for k in range(30))])


def test_each_earlier_search_is_judged_by_itself() -> None:
    turned = Earlier(
        "turned", tuple(Scored(one.candidate, {"quality": -one.metrics["quality"]}) for one in EARLIER.results)
    )
    found = judged([float(k) for k in range(6)], turned, EARLIER)
    assert [(one.source, one.dropped) for one in found] == [("turned", True), ("first", False)]


def test_of_several_objectives_the_one_that_is_ranked_worst_counts() -> None:
    foresight, rising = Foresight(Problem(SPACE, TWO)), [float(k) for k in range(6)]
    [found] = foresight.of(History(results(rising, rising), earlier=(EARLIER,)))
    assert not found.dropped
    [found] = foresight.of(History(results(rising, rising[::-1]), earlier=(EARLIER,)))
    assert found.dropped


def test_by_chance_hardly_any_worthless_search_is_left_in_the_end() -> None:
    """And hardly any useful one is dropped."""
    rng, left = np.random.default_rng(0), {"worthless": 0, "useful": 0}
    for _ in range(100):
        there, noise = rng.permutation(len(DRAWN)), rng.normal(size=JUDGED)
        known = tuple(Scored(one, {"quality": float(k)}) for one, k in zip(DRAWN, there, strict=True))
        left["worthless"] += not judged(noise.tolist(), Earlier("first", known))[0].dropped
        # A tau of about 0.7.
        useful = there[:JUDGED] / len(DRAWN) + 0.12 * noise
        left["useful"] += not judged(useful.tolist(), Earlier("first", known))[0].dropped
    assert left["worthless"] <= 5 and left["useful"] >= 90, (left, ASKED)
