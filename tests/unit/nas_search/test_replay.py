from __future__ import annotations

from dataclasses import replace

from nas_search.problem import Problem
from nas_search.random_search import RandomSearch
from nas_search.replay import Mismatch, replay
from nas_search.testing.simulation import simulate
from nas_search.testing.strategy_conformance import ONE, SPACE, TOY, evaluate


def test_a_changed_record_shows() -> None:
    strategy = RandomSearch(Problem(SPACE, ONE), 0)
    record = simulate(strategy, evaluate, trials=10, parallel=2, timing_seed=0)
    forged = strategy.candidate(next(iter(SPACE.enumerate())), "Random")
    changed = [replace(d, candidate=forged) if d.index == 4 else d for d in record]
    assert list(replay(strategy, changed)) == [Mismatch(4, forged, record[4].candidate)]


def test_a_candidate_where_the_space_was_exhausted_shows() -> None:
    strategy = RandomSearch(Problem(TOY, ONE), 0)
    record = simulate(strategy, evaluate, trials=100, parallel=1, timing_seed=0)
    extra = replace(record[-1], index=len(record), basis=len(record), sequence=None)
    assert list(replay(strategy, [*record, extra])) == [Mismatch(len(record), extra.candidate, None)]
