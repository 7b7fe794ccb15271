"""What holds of every strategy in any space, after any history."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas_core.api.gradient import GRADIENTS
from nas_core.api.strategy import Constraint, Objective, StrategySpec
from nas_core.spaces import SearchSpace
from nas_core.spaces.decisions import Choice, Decision, Integer, Real, Subset, When
from nas_search import KINDS, History, Observation, Pending, Problem, Strategy, create_strategy
from nas_search.ranking import is_valid
from nas_search.strategy import candidate_of

EXAMPLES = 12
METRICS = ("one", "two", "three")
BOUNDS = [
    Constraint(metric="one", max="0.7"),
    Constraint(metric="two", min="0.2", max="0.9"),
    Constraint(metric="size", max="0.5"),
]


@dataclass(frozen=True)
class Case:
    """A search at some moment."""

    space: SearchSpace
    objectives: list[Objective]
    constraints: list[Constraint]
    history: History


@st.composite
def decisions(draw: st.DrawFn, name: str, earlier: list[Decision]) -> Decision:
    countable = [decision for decision in earlier if decision.count is not None]
    condition = None
    if countable and draw(st.booleans()):  # type: ignore[arg-type]
        parent = draw(st.sampled_from(countable))
        values = st.sampled_from(list(parent.values()))
        condition = When(parent.name, draw(st.frozensets(values, min_size=1, max_size=3)))
    kind = draw(st.sampled_from(("choice", "integer", "real", "subset")))
    few = tuple("abcde"[: draw(st.integers(1, 5))])
    if kind == "choice":
        return Choice(name, few, when=condition)
    if kind == "integer":
        low, span, step, log = draw(st.tuples(st.integers(1, 9), st.integers(0, 40), st.integers(1, 7), st.booleans()))
        return Integer(name, low, low + span, step=step, log=log, when=condition)
    if kind == "real":
        return Real(name, 0.01, draw(st.sampled_from((0.02, 1.0, 100.0))), log=draw(st.booleans()), when=condition)
    least = draw(st.integers(0, len(few)))
    return Subset(name, few, least=least, most=draw(st.integers(max(least, 1), len(few))), when=condition)


@st.composite
def spaces(draw: st.DrawFn) -> SearchSpace:
    made: list[Decision] = [Choice("d0", ("x", "y"))]
    for number in range(1, draw(st.integers(1, 6))):
        made.append(draw(decisions(f"d{number}", made)))
    return SearchSpace("any", made)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    space = draw(spaces())
    objectives = [
        Objective(metric=metric, goal=draw(st.sampled_from(("maximize", "minimize"))))
        for metric in METRICS[: draw(st.integers(1, 3))]
    ]
    constraints = draw(st.lists(st.sampled_from(BOUNDS), max_size=2, unique_by=lambda one: one.metric))
    finished, waiting = draw(st.tuples(st.integers(0, 40), st.integers(0, 5)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return Case(space, objectives, constraints, history(space, finished, waiting, rng))


def history(space: SearchSpace, finished: int, waiting: int, rng: np.random.Generator) -> History:
    """Trials recorded in another order than they were started, some failed, some without a metric that counts."""
    candidates = [candidate_of(space, space.sample(rng), "Random") for _ in range(finished + waiting)]
    order = rng.permutation(len(candidates)).tolist()
    recorded = [
        Observation(index, sequence, candidates[index], metrics(rng))
        for sequence, index in enumerate(order[:finished], start=1)
    ]
    pending = [Pending(index, candidates[index]) for index in sorted(order[finished:])]
    return History(tuple(recorded), tuple(pending), len(candidates) + int(rng.integers(3)))


def metrics(rng: np.random.Generator) -> dict[str, float] | None:
    # Few different values, so that many are equal.
    measured = {name: int(rng.integers(8)) / 8 for name in (*METRICS, "size")}
    fate = rng.random()
    if fate < 0.1:
        return None
    if fate < 0.2:
        measured[str(rng.choice(list(measured)))] = float(rng.choice([math.nan, math.inf, -math.inf]))
    elif fate < 0.3:
        del measured[str(rng.choice(list(measured)))]
    return measured


def create(member: str, case: Case) -> Strategy:
    spec = StrategySpec.model_validate({member: {}, "seed": 3})
    return create_strategy(spec, Problem(case.space, case.objectives, case.constraints))


@pytest.mark.parametrize("member", [member for member in KINDS if member not in GRADIENTS])
@settings(max_examples=EXAMPLES, deadline=None, derandomize=True)
@given(case=cases())
def test_candidates_are_valid_new_and_a_function_of_the_history(member: str, case: Case) -> None:
    strategy, seen = create(member, case), case.history
    batch = strategy.ask(seen, 4)
    for candidate in batch:
        values = case.space.join(candidate.architecture, candidate.hyperparameters)
        case.space.validate(values)
        assert candidate.id == case.space.canonical_id(values)
        parents = [one for one in seen.observations if one.index in candidate.parents]
        assert len(parents) == len(candidate.parents)
        assert all(is_valid(parent, case.objectives) for parent in parents)
    ids = [candidate.id for candidate in batch]
    assert len(set(ids) - seen.seen_ids()) == len(batch)
    size = case.space.size
    left = 4 if size is None else len(set(case.space.distinct) - seen.seen_ids()) if size < 2000 else 4
    assert len(batch) == min(4, left)
    assert strategy.ask(seen, 2) == batch[:2]
    used = create(member, case)
    used.ask(History(seen.observations[: len(seen.observations) // 2]), 1)
    used.ask(History(seen.observations[1:]), 1)
    assert used.ask(seen, 3) == batch[:3]
