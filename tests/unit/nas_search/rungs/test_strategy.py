from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from nas_core.api.strategy import StrategySpec
from nas_core.api.trial import CandidateSpec
from nas_search import History, Observation, Pending, Problem, Strategy, WithRungs, create_strategy, replay
from nas_search.ranking import best, on_highest_rung
from nas_search.testing.rung_simulation import Timed, simulate_rungs
from nas_search.testing.strategy_conformance import LIMIT, ONE, SPACE, TOY, TWO, StrategyConformance, evaluate

PROBLEM = Problem(SPACE, TWO, LIMIT)
SCHEDULERS = ["asha", "successiveHalving", "hyperband"]
SAMPLERS: list[dict[str, Any]] = [
    {"random": {}},
    {"regularizedEvolution": {"populationSize": 10, "sampleSize": 3}},
    {"localSearch": {}},
    {"bayesian": {}},
]


def create(
    scheduler: str,
    sampler: Mapping[str, Any] = SAMPLERS[0],
    problem: Problem = PROBLEM,
    seed: int = 0,
) -> WithRungs:
    spec = StrategySpec.model_validate({**sampler, "rungs": {scheduler: {}}, "seed": seed})
    strategy = create_strategy(spec, problem, epochs=9)
    assert isinstance(strategy, WithRungs)
    return strategy


def after(candidate: CandidateSpec, epochs: int) -> Mapping[str, float] | None:
    """Return metrics that more epochs change, of some candidates more than of others; some fail later."""
    digest = hashlib.sha256(f"{candidate.id}{epochs}".encode()).digest()
    metrics = evaluate(candidate)
    if metrics is None or (epochs > 1 and digest[0] < 16):
        return None
    return {**metrics, "quality": metrics["quality"] + digest[1] / 1024 + epochs / 100}


def seconds(candidate: CandidateSpec, epochs: int) -> float:
    return epochs * (1 + hashlib.sha256(candidate.id.encode()).digest()[5] / 64)


def run(strategy: WithRungs, total: int = 40, workers: int = 5) -> list[Timed]:
    return list(simulate_rungs(strategy, after, seconds, total, workers))


class TestConformance(StrategyConformance):
    """Between the rungs it is the strategy that it has."""

    def create(self, problem: Problem, seed: int) -> Strategy:
        return create("asha", {"localSearch": {}}, problem, seed)


@pytest.mark.parametrize("scheduler", SCHEDULERS)
@pytest.mark.parametrize("sampler", SAMPLERS, ids=lambda sampler: next(iter(sampler)))
def test_every_decision_can_be_replayed_promotions_included(scheduler: str, sampler: Mapping[str, Any]) -> None:
    record = [timed.decision for timed in run(create(scheduler, sampler))]
    assert sorted(d.sequence or 0 for d in record) == list(range(1, len(record) + 1))
    assert not list(replay(create(scheduler, sampler), record))
    fuller = [d for d in record if d.epochs == 9]
    assert fuller, "some are trained in full"
    assert len({d.candidate.id for d in record}) == 40 == len({d.index for d in record})


@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_a_promotion_that_was_not_earned_is_found(scheduler: str) -> None:
    record = [timed.decision for timed in run(create(scheduler))]
    strategy = create(scheduler)
    place = next(k for k, d in enumerate(record) if d.epochs != strategy.ladder.first_epochs(d.index))
    early = replace(record[place], basis=0)
    assert [m.index for m in replay(strategy, [*record[:place], early, *record[place + 1 :]])] == [early.index]


@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_a_search_ends_when_nothing_can_climb_any_more(scheduler: str) -> None:
    record = [timed.decision for timed in run(create(scheduler))]
    seen = [Observation(d.index, d.sequence or 0, d.candidate, d.metrics, d.epochs) for d in record]
    assert create(scheduler).promotions(History(tuple(seen)), 40) == []
    [*_, top] = sorted({o.epochs or 0 for o in seen})
    assert top == 9
    assert {o.epochs for o in best(on_highest_rung(seen, TWO, LIMIT), TWO, LIMIT)} == {9}


@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_an_exhausted_space_is_climbed_to_the_top(scheduler: str) -> None:
    record = run(create(scheduler, problem=Problem(TOY, ONE)), total=100)
    assert {t.decision.candidate.id for t in record} == set(TOY.distinct)
    assert any(t.decision.epochs == 9 and t.decision.metrics for t in record)


def test_asha_never_lets_a_worker_wait_while_there_are_candidates() -> None:
    record = run(create("asha"), total=60, workers=4)
    busy = sum(seconds(t.decision.candidate, t.decision.epochs or 0) for t in record)
    before = {1: 0, 3: 1, 9: 3}
    busy -= sum(seconds(t.decision.candidate, before[t.decision.epochs or 1]) for t in record if t.decision.epochs != 1)
    last_new = max(t.end for t in record if t.decision.epochs == 1)
    assert record[-1].end - last_new < 2 * 9 * 5, "only the last climbs come after the last candidate"
    assert busy / (4 * record[-1].end) > 0.75


def test_the_sampler_sees_the_highest_rung_that_has_enough() -> None:
    strategy = create("asha", {"localSearch": {"initialCandidates": 3}}, problem=Problem(SPACE, ONE))
    candidates = strategy.ask(History(), 12)
    low = [Observation(i, i + 1, c, {"quality": i / 20}, 1) for i, c in enumerate(candidates[:9])]
    high = [Observation(i, 10 + k, candidates[i], {"quality": i / 20}, 3) for k, i in enumerate((6, 7, 8))]
    pending = (Pending(8, candidates[8], 9), Pending(9, candidates[9], 1))
    few = strategy.comparable(History((*low, *high[:2]), pending))
    assert {o.epochs for o in few.observations} == {1} and [p.index for p in few.pending] == [9]
    enough = strategy.comparable(History((*low, *high), pending))
    assert [o.index for o in enough.observations] == [6, 7, 8]
    [asked] = strategy.ask(History((*low, *high), pending), 1)
    assert asked.parents == [8] and asked.id not in {c.id for c in candidates[:10]}


def test_without_its_epochs_there_are_no_rungs() -> None:
    spec = StrategySpec.model_validate({"random": {}, "rungs": {}})
    assert not isinstance(create_strategy(spec, Problem(SPACE, ONE)), WithRungs)
