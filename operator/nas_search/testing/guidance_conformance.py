"""What must hold of every strategy under guidance. Subclass :class:`GuidanceConformance` and write ``create``."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from nas_core.api.guidance import Guidance
from nas_core.api.trial import CandidateSpec
from nas_core.history import History, Observation, Pending, history_at
from nas_core.spaces import SearchSpace
from nas_core.spaces.decisions import Choice, Integer, Real, Subset, when
from nas_core.spaces.joint import JointSpace
from nas_core.spaces.nas_bench_101 import NasBench101
from nas_search.problem import Problem
from nas_search.replay import RecordedTrial, replay
from nas_search.strategy import Strategy, candidate_of
from nas_search.testing.simulation import simulate
from nas_search.testing.strategy_conformance import LIMIT, ONE, PARALLEL, SPACE, TOY, TWO, evaluate

CHANGE, INJECTION, RELEASE, TRIALS = 20, 30, 44, 56
"""Candidates after which there is guidance, an architecture is injected, and all is free again; and of the search."""
EDGES = {
    "decisions": [
        {"name": "*", "forbid": ["none", "avg_pool_3x3"]},
        {"name": "0-1", "require": ["nor_conv_3x3"]},
        {"name": "2-?", "forbid": ["skip_connect"]},
    ]
}
INJECTED = "|nor_conv_3x3~0|+|skip_connect~0|skip_connect~1|+|nor_conv_1x1~0|nor_conv_1x1~1|nor_conv_3x3~2|"
NUMBERS = JointSpace(
    SearchSpace(
        "numbers",
        [
            Choice("kind", ("plain", "wide", "deep")),
            Choice("kernel", ("3", "5", "7")),
            Integer("layers", 1, 40, when=when("kind", "deep")),
            Integer("width", 8, 512, log=True),
            Subset("parts", ("a", "b", "c", "d")),
        ],
    ),
    [Real("learningRate", 0.001, 1.0, log=True), Real("momentum", 0.5, 0.99)],
)
KINDS_OF_DECISIONS = {
    "decisions": [
        {"name": "kind", "forbid": ["wide"]},
        {"name": "k*l", "max": 5},
        {"name": "layers", "min": 3, "max": 20, "forbid": ["7"]},
        {"name": "width", "max": 64},
        {"name": "parts", "forbid": ["d"], "require": ["a"]},
        {"name": "hp.learningRate", "min": "0.01", "max": "0.1"},
        {"name": "momentum", "require": ["0.9"]},
    ]
}


def _is_kept(candidate: CandidateSpec) -> bool:
    """Whether a candidate keeps :data:`KINDS_OF_DECISIONS`, judged without what narrows spaces."""
    has, beside = candidate.architecture, candidate.hyperparameters
    return (
        has["kind"] != "wide"
        and int(has["kernel"]) <= 5
        and ("layers" not in has or (3 <= int(has["layers"]) <= 20 and has["layers"] != "7"))
        and int(has["width"]) <= 64
        and "a" in has["parts"].split("+")
        and "d" not in has["parts"].split("+")
        and 0.01 <= float(beside["learningRate"]) <= 0.1
        and beside["momentum"] == "0.9"
    )


class GuidanceConformance(ABC):
    """The suite; every method named ``test_`` is one promise of `nas_search.guided`."""

    @abstractmethod
    def create(self, problem: Problem) -> Strategy:
        """Return a new strategy that keeps to the guidance of a history, with seed 0."""

    def test_what_is_forbidden_is_not_tried_from_the_change_on(self) -> None:
        """What is required is, injected ones come next, and the search reaches its budget, repeatable throughout."""
        record = self._changed(SPACE, EDGES, EDGES | {"inject": [INJECTED]})
        assert len(record) == TRIALS
        guided = [one.candidate.architecture for one in record[CHANGE:RELEASE]]
        assert not {"none", "avg_pool_3x3"} & {op for cell in guided for op in cell.values()}
        assert {cell["0-1"] for cell in guided} == {"nor_conv_3x3"}
        assert not {"skip_connect"} & {op for cell in guided for edge, op in cell.items() if edge.startswith("2-")}
        injected = [one.index for one in record if one.candidate.origin == "Injected"]
        assert len(injected) == 1
        assert INJECTION <= injected[0] < INJECTION + PARALLEL
        assert record[injected[0]].candidate.text == INJECTED
        assert len({one.candidate.id for one in record}) == TRIALS

    def test_every_kind_of_decision_is_kept(self) -> None:
        """Choices, whole, real and conditional numbers, subsets and hyperparameters."""
        record = self._changed(NUMBERS, KINDS_OF_DECISIONS, KINDS_OF_DECISIONS)
        assert len(record) == TRIALS
        assert all(_is_kept(one.candidate) for one in record[CHANGE:RELEASE])
        assert not all(_is_kept(one.candidate) for one in record[:CHANGE])
        for one in record:
            NUMBERS.validate(NUMBERS.join(one.candidate.architecture, one.candidate.hyperparameters))

    def test_a_space_with_a_rule_stays_within_it(self) -> None:
        """Where children of parents from before are moved, they break no rule."""
        space = NasBench101()
        given = {"decisions": [{"name": "op.*", "forbid": ["maxpool3x3"]}, {"name": "edge.0-6", "require": ["1"]}]}
        record = self._changed(space, given, given)
        assert len(record) == TRIALS
        for one in record:
            space.validate(one.candidate.architecture)
        guided = [one.candidate.architecture for one in record[CHANGE:RELEASE]]
        assert not {"maxpool3x3"} & {value for cell in guided for value in cell.values()}
        assert {cell["edge.0-6"] for cell in guided} == {"1"}

    def test_candidates_of_other_searches_come_next_as_they_are(self) -> None:
        """After those that are written in full, each once, with the search that it is from."""
        asked = candidate_of(SPACE, SPACE.parse(INJECTED), "Injected").model_copy(update={"source": "first/3"})
        strategy, given = self.create(Problem(SPACE, ONE)), Guidance()
        history = History(guidance=given, injected=(asked,))
        chosen = strategy.ask(history, 3)
        assert chosen[0] == asked
        assert asked.id not in {one.id for one in chosen[1:]}
        assert chosen[1:] == strategy.ask(replace(history, injected=()).with_pending(asked), 2)

    def test_the_part_that_is_left_is_exhausted(self) -> None:
        """All of it is tried, then nothing is left, until the guidance is loosened."""
        part = Guidance.model_validate({"decisions": [{"name": "*", "forbid": ["c", "d"]}]})
        strategy = self.create(Problem(TOY, ONE))
        for parallel in (1, PARALLEL):
            record = simulate(strategy, evaluate, 50, parallel, 0, advice=lambda _: part)
            assert sorted(one.candidate.text or "" for one in record) == sorted(
                {one.candidate.text or "" for one in record}
            )
            assert {TOY.canonical(one.candidate.architecture) for one in record} == {
                "aaaa", "aaab", "aabb", "abbb", "bbbb",
            }  # fmt: skip
            seen = [Observation(o.index, o.sequence or 0, o.candidate, o.metrics) for o in record]
            history = history_at(seen, (), len(record), len(record), guidance=part)
            assert not strategy.ask(history, 3)
            assert len(strategy.ask(replace(history, guidance=None), 3)) == 3

    def test_preferred_values_are_tried_and_repeated_and_forbidden_ones_are_not(self) -> None:
        """The first candidate has all of them; then they become fewer, as what is preferred here is no better."""
        convs = dict.fromkeys(("0-2", "1-2", "2-3"), "nor_conv_3x3")
        preferred = convs | {"0-3": "skip_connect", "1-3": "nor_conv_1x1"}
        entries = [*EDGES["decisions"], *({"name": name, "prefer": value} for name, value in preferred.items())]
        record = self._changed(SPACE, {"decisions": entries}, {"decisions": entries})
        guided = [one.candidate for one in record[CHANGE:RELEASE]]
        assert guided[0].origin == "Preferred"
        assert preferred.items() <= guided[0].architecture.items()
        assert sum(one.origin == "Preferred" for one in guided) < len(guided) / 2
        assert not {"none", "avg_pool_3x3"} & {op for one in guided for op in one.architecture.values()}

    def test_pinned_parents_have_children_and_every_decision_is_repeated(self) -> None:
        """Some of the candidates are their mutants, in the part that is left; the strategy chooses most."""
        pinned = {**EDGES, "parents": [3, 5, 999]}
        record = self._changed(SPACE, pinned, pinned)
        guided = [one.candidate for one in record[CHANGE:RELEASE]]
        children = [one for one in guided if one.origin == "Mutation" and one.parents in ([3], [5])]
        assert 0 < len(children) < len(guided) / 2
        assert not {"none", "avg_pool_3x3"} & {op for one in guided for op in one.architecture.values()}

    def test_several_objectives_and_constraints_change_nothing_of_it(self) -> None:
        """Nor does ordered mode, in which timing has no part even then."""
        given = Guidance.model_validate(EDGES)
        records = [
            simulate(
                self.create(Problem(SPACE, TWO, LIMIT)), evaluate, 40, PARALLEL, timing, ordered=True,
                advice=lambda index: given if index >= CHANGE else None,
            )
            for timing in range(2)
        ]  # fmt: skip
        assert records[0] == records[1]
        assert not {"none"} & {op for one in records[0][CHANGE:] for op in one.candidate.architecture.values()}

    def test_what_an_instance_remembers_of_other_guidance_changes_nothing(self) -> None:
        """One that was asked under other guidance before answers like a new one."""
        record = self._changed(SPACE, EDGES, EDGES)
        used = self.create(Problem(SPACE, ONE))
        seen = [Observation(o.index, o.sequence, o.candidate, o.metrics) for o in record if o.sequence is not None]
        pending = [Pending(o.index, o.candidate) for o in record if o.sequence is None]
        for one in (*record[::-9], *record[::11]):
            history = history_at(seen, pending, one.index, one.basis, guidance=one.guidance)
            assert used.ask(history, 2) == self.create(Problem(SPACE, ONE)).ask(history, 2)

    def _changed(self, space: SearchSpace, then: Any, later: Any) -> Sequence[RecordedTrial]:
        """Run a search with guidance that comes, changes and goes, and see that every decision is repeated."""
        first, second = Guidance.model_validate(then), Guidance.model_validate(later)

        def advice(index: int) -> Guidance | None:
            if not CHANGE <= index < RELEASE:
                return None
            return first if index < INJECTION else second

        create: Callable[[], Strategy] = lambda: self.create(Problem(space, ONE))  # noqa: E731
        record = simulate(create(), evaluate, TRIALS, 1, 0, advice=advice)
        assert not list(replay(create(), record))
        return record
