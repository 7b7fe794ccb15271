from __future__ import annotations

from collections.abc import Set as AbstractSet

import numpy as np

from nas_core.api.trial import CandidateSpec
from nas_search import History, Problem, Strategy
from nas_search.random_search import RandomSearch
from nas_search.testing.strategy_conformance import ONE, SPACE, TOY


class Recording(Strategy):
    """Notes what it is shown."""

    def propose(self, history: History, taken: AbstractSet[str], rng: np.random.Generator) -> CandidateSpec | None:
        assert taken == history.seen_ids()
        self.shown = [*getattr(self, "shown", []), (history.next_index, rng.integers(1 << 30))]
        return self.untried(taken, rng)


def test_each_candidate_of_a_batch_has_its_own_index_and_generator() -> None:
    strategy = Recording(Problem(TOY, ONE), seed=3)
    strategy.ask(History(next_index=11), 2)
    assert strategy.shown == [(i, np.random.default_rng([3, i]).integers(1 << 30)) for i in (11, 12)]


def test_the_rest_of_a_space_is_found_when_draws_do_not_hit_it() -> None:
    strategy, left = RandomSearch(Problem(SPACE, ONE), 0), list(SPACE.distinct)[-1]
    found = strategy.untried(set(SPACE.distinct) - {left}, np.random.default_rng(0))
    assert found is not None
    assert found.id == left
    assert strategy.untried(set(SPACE.distinct), np.random.default_rng(0)) is None
