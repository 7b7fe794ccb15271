"""The best of earlier searches come first, with random ones between them, until results contradict them."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from nas_core.api.guidance import Guidance
from nas_core.api.strategy import StrategySpec
from nas_core.api.trial import CandidateSpec
from nas_core.history import Earlier, History, Observation, Scored
from nas_search import KINDS, Problem, Strategy, create_strategy
from nas_search.random_search import RandomSearch
from nas_search.regularized_evolution import RegularizedEvolution
from nas_search.replay import RecordedTrial, replay
from nas_search.scoring import RANDOM_FIRST, draw
from nas_search.testing.simulation import Evaluate, simulate
from nas_search.testing.strategy_conformance import LIMIT, ONE, SPACE, TWO, StrategyConformance
from nas_search.warm_started import WarmStarted

MOST = 5


def quality(architecture: dict[str, str]) -> float:
    """More convolutions are better, the larger the more so."""
    return sum({"nor_conv_3x3": 2, "nor_conv_1x1": 1}.get(op, 0) + k / 50 for k, op in enumerate(architecture.values()))


def earlier(name: str = "first", seed: int = 0, sign: int = 1) -> Earlier:
    drawn = [
        one.model_copy(update={"source": f"{name}/{k}", "parents": []}) for k, one in enumerate(draw(SPACE, seed, 60))
    ]
    return Earlier(
        name,
        tuple(
            Scored(one, {"quality": sign * quality(one.architecture), "cost": k / 60}) for k, one in enumerate(drawn)
        ),
    )


def results(sign: int = 1) -> Evaluate:
    return lambda candidate: {"quality": sign * quality(candidate.architecture), "cost": 0.1}


def warm(member: str = "random", **settings: Any) -> Strategy:
    spec = StrategySpec.model_validate({member: settings})
    return create_strategy(spec, Problem(SPACE, ONE), warm_start=MOST)


def search(strategy: Strategy, sign: int = 1, trials: int = 20, *sources: Earlier, **more: Any) -> list[RecordedTrial]:
    return simulate(
        strategy, results(sign), trials, more.pop("parallel", 1), 0, earlier=sources or (earlier(),), **more
    )


class TestConformance(StrategyConformance):
    """Without earlier results it is the other strategy."""

    def create(self, problem: Problem, seed: int) -> Strategy:
        return WarmStarted(RegularizedEvolution(problem, seed, 8, 3), MOST)


@pytest.mark.parametrize("member", [kind.member for kind in KINDS.values() if not kind.derives])
def test_every_strategy_begins_with_the_best_and_random_ones_and_is_replayed(member: str) -> None:
    for ordered in (False, True):
        record = search(warm(member), ordered=ordered, parallel=3)
        origins = [d.candidate.origin for d in record]
        own = "Grid" if member == "grid" else "Random"
        assert origins[:5] == ["WarmStart", own, "WarmStart", own, "WarmStart"]
        ranked = sorted(earlier().results, key=lambda one: -one.metrics["quality"])
        taken = [d for d in record if d.candidate.origin == "WarmStart"]
        assert [d.candidate.source for d in taken] == [one.candidate.source for one in ranked[:MOST]]
        assert taken[-1].index < 2 * MOST
        assert {d.candidate.source for d in record if d.candidate.origin != "WarmStart"} == {None}
        assert not list(replay(warm(member), record, earlier=(earlier(),)))
        assert list(replay(warm(member), record)), "without the earlier results it decides otherwise"


@pytest.mark.parametrize("member", [kind.member for kind in KINDS.values() if not kind.derives])
def test_nothing_depends_on_what_was_dropped(member: str) -> None:
    record = search(warm(member), -1)
    origins = [d.candidate.origin for d in record]
    assert [one == "WarmStart" for one in origins[:5]] == [True, False] * 2 + [True]
    assert "WarmStart" not in origins[5:]
    # Another earlier search that is dropped as well, or none, changes nothing that is chosen afterwards.
    others = ((earlier("second", 1),), (earlier("second", 1), earlier()))
    for sources in others:
        assert not list(replay_from(5, warm(member), record, sources))
    assert not list(replay_from(5, warm(member), record, ()))


def replay_from(first: int, strategy: Strategy, record: list[RecordedTrial], sources: tuple[Earlier, ...]) -> list[int]:
    return [one.index for one in replay(strategy, record, earlier=sources) if one.index >= first]


def test_the_best_of_several_searches_take_turns_each_architecture_once() -> None:
    first, second = earlier("first"), earlier("second", 1)
    best = max(first.results, key=lambda one: one.metrics["quality"])
    second = replace(second, results=(Scored(best.candidate, {"quality": 99.0, "cost": 0.0}), *second.results))
    taken = [d.candidate for d in search(warm(), 1, 10, first, second) if d.candidate.origin == "WarmStart"]
    assert len({one.id for one in taken}) == MOST
    assert [(one.source or "").split("/")[0] for one in taken] == ["first", "first", "second", "first", "second"]


def test_of_several_searches_those_that_agree_are_kept() -> None:
    turned = earlier("turned", 1, sign=-1)
    history = History(earlier=(turned, earlier()))
    strategy = warm()
    record = search(strategy, 1, 20, *history.earlier)
    sources = [(d.candidate.source or "").split("/")[0] for d in record if d.candidate.origin == "WarmStart"]
    assert sources[:2] == ["turned", "first"] and sources.count("turned") <= 3 and sources.count("first") >= MOST - 2


def test_what_is_known_to_break_a_constraint_is_left_out() -> None:
    strategy = create_strategy(StrategySpec.model_validate({"random": {}}), Problem(SPACE, ONE, LIMIT), warm_start=MOST)
    taken = {d.candidate.source for d in search(strategy) if d.candidate.source}
    assert len(taken) == MOST and all(int(one.split("/")[1]) <= 30 for one in taken)


def test_of_several_objectives_the_front_comes_first() -> None:
    strategy = create_strategy(StrategySpec.model_validate({"random": {}}), Problem(SPACE, TWO), warm_start=1)
    [first] = strategy.ask(History(earlier=(earlier(),)), 1)
    there = {one.candidate.source: one.metrics for one in earlier().results}
    found = there[first.source]
    assert not any(m["quality"] > found["quality"] and m["cost"] < found["cost"] for m in there.values())


def test_guidance_holds_for_them_too() -> None:
    spec = StrategySpec.model_validate({"random": {}})
    strategy = create_strategy(spec, Problem(SPACE, ONE), guided=True, warm_start=MOST)
    guidance = Guidance.model_validate({"decisions": [{"name": "*", "forbid": ["skip_connect"]}]})
    record = search(strategy, advice=lambda _: guidance)
    assert all("skip_connect" not in d.candidate.architecture.values() for d in record)
    assert sum(d.candidate.origin == "WarmStart" for d in record) == MOST


def test_a_model_begins_with_what_the_earlier_search_knows() -> None:
    """So that after the beginning it chooses better ones than without."""
    plain = create_strategy(StrategySpec.model_validate({"bayesian": {}}), Problem(SPACE, ONE))
    cold, begun = (simulate(one, results(), 14, 1, 0, earlier=(earlier(),)) for one in (plain, warm("bayesian")))
    chosen = [[quality(d.candidate.architecture) for d in record] for record in (cold, begun)]
    assert sum(chosen[1]) > sum(chosen[0])
    origins = [d.candidate.origin for d in begun]
    assert origins.index("Model") < 2 * RANDOM_FIRST, "results agree, so that it does not wait"


def test_a_model_does_not_see_what_has_not_been_judged() -> None:
    """With fewer of the best than random ones it goes on as without them, until there are enough results."""
    spec = StrategySpec.model_validate({"bayesian": {}})
    strategy = create_strategy(spec, Problem(SPACE, ONE), warm_start=1)
    origins = [d.candidate.origin for d in search(strategy, 1, 11)]
    assert origins[:5] == ["WarmStart", *["Random"] * 4] and origins[10] == "Model"


def test_equal_results_that_were_read_anew_are_the_same_to_a_model() -> None:
    """Else it would be fitted anew at every look of the operator."""
    strategy = WarmStarted(seen := _Seen(Problem(SPACE, ONE), 0), 1)
    record = search(strategy, 1, 10)
    for _ in range(2):
        done = tuple(Observation(d.index, d.index + 1, d.candidate, d.metrics) for d in record)
        strategy.ask(History(done, earlier=(earlier(),)), 1)
    assert seen.priors[-1] and seen.priors[-1] is seen.priors[-2]


class _Seen(RandomSearch):
    """Keeps what it was given to begin with."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.priors: list[tuple[Earlier, ...]] = []

    def propose(self, history: History, taken: AbstractSet[str], rng: np.random.Generator) -> CandidateSpec | None:
        self.priors.append(history.prior)
        return super().propose(history, taken, rng)
