"""What must hold of every strategy. Subclass :class:`StrategyConformance` in a test module and write ``create``."""

from __future__ import annotations

import functools
import hashlib
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace

from nas_core.api.strategy import Constraint, Objective
from nas_core.api.trial import CandidateSpec
from nas_core.history import History, Observation, Pending, Scored, history_at
from nas_core.spaces.decisions import Choice, Real, when
from nas_core.spaces.joint import JointSpace
from nas_core.spaces.nas_bench_201 import NasBench201
from nas_core.testing.toy_space import ToySpace
from nas_search.derived import Derived
from nas_search.prefiltered import Prefiltered
from nas_search.problem import Problem
from nas_search.replay import RecordedTrial, replay
from nas_search.scoring import Scoring, draw, ranked
from nas_search.strategy import Strategy
from nas_search.testing.simulation import simulate

ONE = [Objective(metric="quality")]
TWO = [Objective(metric="quality"), Objective(metric="cost", goal="minimize")]
LIMIT = [Constraint(metric="cost", max="0.5")]
SPACE, TOY = NasBench201(), ToySpace()
JOINT = JointSpace(
    TOY,
    [
        Real("learningRate", 0.001, 1.0, log=True),
        Choice("optimizer", ("sgd", "adamw")),
        Real("momentum", 0.5, 0.99, when=when("optimizer", "sgd")),
    ],
)
PARALLEL = 5
SCORING = Scoring(("quality",), 100, keep=6)


def _scored(candidate: CandidateSpec) -> Scored:
    digest = hashlib.sha256(candidate.id.encode()).digest()
    return Scored(candidate, {"proxy_quality": digest[3] / 256, "cost": digest[2] / 256})


SCORES = tuple(_scored(candidate) for candidate in draw(SPACE, 0, SCORING.candidates))
"""A proxy that says nothing of the quality, and the cost that a trial will report."""

DERIVED = tuple(
    Scored(one.candidate.model_copy(update={"origin": "Supernet"}), {"probability": 1 / place})
    for place, one in enumerate(SCORES[:3], 1)
)


def evaluate(candidate: CandidateSpec) -> Mapping[str, float] | None:
    """Return metrics between 0 and 1 that the id alone decides; every eighth candidate fails."""
    digest = hashlib.sha256(candidate.id.encode()).digest()
    return None if digest[0] % 8 == 0 else {"quality": digest[1] / 256, "cost": digest[2] / 256}


class StrategyConformance(ABC):
    """The suite; every method named ``test_`` is one promise of `nas_search.strategy.Strategy`."""

    trials: int = 60
    """Trials of a search; fewer for a strategy that thinks long."""

    @abstractmethod
    def create(self, problem: Problem, seed: int) -> Strategy:
        """Return a new strategy, set so that ten results are enough for it to use what it has learnt."""

    def search(self, timing: int = 0, *, ordered: bool = False, seed: int = 0) -> list[RecordedTrial]:
        """Return the record of a search with failures, infeasible results and several trials at a time."""
        return list(_search(type(self), timing, ordered, seed))

    def test_candidates_are_well_formed(self) -> None:
        """They are of the space, known by its id, and children descend from trials whose results were seen."""
        record = self.search()
        assert len(record) == self.trials
        for decision in record:
            candidate = decision.candidate
            SPACE.validate(candidate.architecture)
            assert candidate.id == SPACE.canonical_id(candidate.architecture)
            assert candidate.text == SPACE.text(candidate.architecture)
            assert bool(candidate.parents) == (candidate.origin in ("Mutation", "Crossover"))
            for parent in candidate.parents:
                sequence = record[parent].sequence
                assert sequence is not None
                assert sequence <= decision.basis

    def test_failed_results_have_no_children(self) -> None:
        """Neither have results without a finite value of every objective."""
        record = self.search()
        assert any(d.metrics is None for d in record)
        assert all(record[parent].metrics is not None for d in record for parent in d.candidate.parents)
        strategy = self.create(Problem(SPACE, ONE), 0)
        for metrics in (None, {}, {"cost": 1.0}, {"quality": math.nan}, {"quality": math.inf}):
            history = _history([replace(d, metrics=metrics) for d in record])
            assert all(c.origin in ("Random", "Grid") for c in strategy.ask(history, 4))

    def test_infeasible_results_stop_nothing(self) -> None:
        """A search goes on when no result keeps the constraints, or their metric is missing."""
        record = self.search()
        for metrics in ({"quality": 0.5, "cost": 0.9}, {"quality": 0.5}):
            history = _history([replace(d, metrics=metrics) for d in record])
            assert len(self.create(Problem(SPACE, ONE, LIMIT), 0).ask(history, 4)) == 4

    def test_history_seed_and_index_decide(self) -> None:
        """A new instance repeats every decision of a search; another seed or index gives others."""
        record = self.search()
        assert not list(replay(self.create(Problem(SPACE, TWO, LIMIT), 0), record))
        assert list(replay(self.create(Problem(SPACE, TWO, LIMIT), 1), record))
        strategy = self.create(Problem(SPACE, TWO, LIMIT), 0)
        assert len({strategy.ask(replace(History(), next_index=index), 1)[0].id for index in range(1, 6)}) > 1

    def test_what_an_instance_remembers_changes_nothing(self) -> None:
        """One that has been asked about other histories, later and earlier ones, answers like a new one."""
        record = self.search()
        used = self.create(Problem(SPACE, TWO, LIMIT), 0)
        for decision in (*record[::-1], *record[::7]):
            history = _history(record, decision)
            assert used.ask(history, 2) == self.create(Problem(SPACE, TWO, LIMIT), 0).ask(history, 2)

    def test_a_shorter_batch_is_the_beginning_of_a_longer_one(self) -> None:
        """``ask(n)[:k] == ask(k)``."""
        strategy = self.create(Problem(SPACE, TWO, LIMIT), 0)
        for history in (History(), _history(self.search())):
            batch = strategy.ask(history, 8)
            assert len(batch) == 8
            for k in range(8):
                assert strategy.ask(history, k) == batch[:k]

    def test_a_batch_is_what_single_asks_give(self) -> None:
        """Each candidate of a batch sees the earlier ones as pending."""
        strategy = self.create(Problem(SPACE, TWO, LIMIT), 0)
        for history in (History(), _history(self.search())):
            batch = strategy.ask(history, 8)
            for candidate in batch:
                assert strategy.ask(history, 1) == [candidate]
                history = history.with_pending(candidate)

    def test_nothing_is_tried_twice(self) -> None:
        """No candidate is isomorphic to one that was tried or is being tried."""
        for timing in range(3):
            ids = [d.candidate.id for d in self.search(timing)]
            assert len(set(ids)) == len(ids)

    def test_a_space_is_exhausted(self) -> None:
        """Every distinct architecture is tried once, then none is left, in parallel as in one batch."""
        strategy = self.create(Problem(TOY, ONE), 0)
        for parallel in (1, PARALLEL, 100):
            record = simulate(strategy, evaluate, 100, parallel, timing_seed=0)
            assert sorted(d.candidate.id for d in record) == sorted(TOY.distinct)
            assert strategy.ask(_history(record), 1) == []

    def test_hyperparameters_and_conditional_decisions_are_searched_along(self) -> None:
        """Each candidate is of the joint space, told apart into architecture and hyperparameters, and replayed."""
        record = simulate(self.create(Problem(JOINT, ONE), 0), evaluate, self.trials, PARALLEL, timing_seed=0)
        assert {d.candidate.hyperparameters["optimizer"] for d in record} == {"sgd", "adamw"}
        for decision in record:
            candidate = decision.candidate
            TOY.validate(candidate.architecture)
            values = JOINT.join(candidate.architecture, candidate.hyperparameters)
            JOINT.validate(values)
            assert candidate.id == JOINT.canonical_id(values)
        assert not list(replay(self.create(Problem(JOINT, ONE), 0), record))

    def test_replay_is_identical_whatever_the_timing(self) -> None:
        """Asking again from the recorded index and basis gives what was chosen, in both modes."""
        for timing in range(3):
            for ordered in (False, True):
                record = self.search(timing, ordered=ordered)
                assert not list(replay(self.create(Problem(SPACE, TWO, LIMIT), 0), record))

    def test_a_search_is_replayed_while_it_runs(self) -> None:
        """Results that have not come yet do not matter to the decisions that did not see them."""
        known = self.trials * 2 // 3
        record = [replace(d, sequence=None, metrics=None) if (d.sequence or 0) > known else d for d in self.search()]
        taken = [d for d in record if d.basis <= known]
        assert not list(replay(self.create(Problem(SPACE, TWO, LIMIT), 0), taken))

    def test_scores_come_first_and_are_replayed(self) -> None:
        """The best scored are trained after some random ones, unless results contradict the scores.

        What is known to be refused is never trained, and with the scores all is repeated.
        """
        strategy = Prefiltered(self.create(Problem(SPACE, ONE, LIMIT), 0), SCORING)
        kept = [scored.candidate.id for scored in ranked(SCORES, SCORING.proxies, LIMIT)][: SCORING.keep]
        refused = {scored.candidate.id for scored in SCORES if scored.metrics["cost"] > 0.5}
        for ordered in (False, True):
            record = simulate(strategy, evaluate, 20, PARALLEL, 0, ordered=ordered, scores=SCORES)
            ids = [decision.candidate.id for decision in record]
            scored = [d.candidate.id for d in record if d.candidate.origin == "Score"]
            assert [d.candidate.origin for d in record[:5]] == ["Random"] * 5
            assert scored == kept[: len(scored)]
            assert len(set(ids)) == 20
            assert not refused & set(ids)
            again = Prefiltered(self.create(Problem(SPACE, ONE, LIMIT), 0), SCORING)
            assert not list(replay(again, record, SCORES))
            history = replace(_history(record), scores=SCORES)
            assert strategy.ask(history, 3)[:2] == again.ask(history, 2)

    def test_what_was_derived_comes_first_and_is_replayed(self) -> None:
        """It is tried in its order, each once, before the strategy goes on; with it all is repeated."""

        def create() -> Strategy:
            return Derived(Problem(SPACE, ONE, LIMIT), 0, self.create(Problem(SPACE, ONE, LIMIT), 0))

        for ordered in (False, True):
            record = simulate(create(), evaluate, 20, PARALLEL, 0, ordered=ordered, derived=DERIVED)
            ids = [decision.candidate.id for decision in record]
            assert ids[: len(DERIVED)] == [derived.candidate.id for derived in DERIVED]
            assert [d.candidate.origin == "Supernet" for d in record] == [d.index < len(DERIVED) for d in record]
            assert len(set(ids)) == 20
            assert not list(replay(create(), record, derived=DERIVED))

    def test_ordered_searches_do_not_depend_on_timing(self) -> None:
        """In ordered mode the whole record is the same under any timing."""
        one, *others = (self.search(timing, ordered=True) for timing in range(4))
        assert all(other == one for other in others)
        assert [d.sequence for d in one] == [d.index + 1 for d in one]
        assert [d.basis for d in one] == [max(0, d.index - PARALLEL + 1) for d in one]


@functools.cache
def _search(suite: type[StrategyConformance], timing: int, ordered: bool, seed: int) -> tuple[RecordedTrial, ...]:
    """Run a search once for all tests of a suite that look at its record."""
    strategy = suite().create(Problem(SPACE, TWO, LIMIT), seed)
    return tuple(simulate(strategy, evaluate, suite.trials, PARALLEL, timing, ordered=ordered))


def _history(record: Sequence[RecordedTrial], upto: RecordedTrial | None = None) -> History:
    """Return what the trial after the record sees, or what a trial of the record saw."""
    seen = [Observation(d.index, d.sequence, d.candidate, d.metrics) for d in record if d.sequence is not None]
    pending = [Pending(d.index, d.candidate) for d in record if d.sequence is None]
    if upto is None:
        return history_at(seen, pending, len(record), len(record))
    return history_at(seen, pending, upto.index, upto.basis)
