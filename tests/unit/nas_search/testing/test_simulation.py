from __future__ import annotations

import pytest

from nas_search.problem import Problem
from nas_search.random_search import RandomSearch
from nas_search.testing.simulation import simulate
from nas_search.testing.strategy_conformance import ONE, SPACE, evaluate

STRATEGY = RandomSearch(Problem(SPACE, ONE), 0)


@pytest.mark.parametrize("ordered", [False, True])
def test_every_trial_is_recorded_once(ordered: bool) -> None:
    record = simulate(STRATEGY, evaluate, 30, 4, 1, ordered=ordered)
    assert [d.index for d in record] == list(range(30))
    assert sorted(d.sequence or 0 for d in record) == list(range(1, 31))
    assert all(d.metrics == evaluate(d.candidate) for d in record)


@pytest.mark.parametrize("ordered", [False, True])
def test_no_more_trials_run_than_allowed(ordered: bool) -> None:
    """When trial i is chosen, all but ``parallel - 1`` of those before it have been recorded."""
    for decision in simulate(STRATEGY, evaluate, 30, 4, 2, ordered=ordered):
        assert decision.index - decision.basis < 4


def test_timing_decides_the_order_of_recording() -> None:
    one, other = ([d.sequence for d in simulate(STRATEGY, evaluate, 30, 4, timing)] for timing in (1, 2))
    assert one != other
