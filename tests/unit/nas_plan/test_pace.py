"""However many candidates a search wants at a time, a look chooses a few seconds' worth; the next ones do the rest."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.factories import World, search

from nas_core.spaces import get_space
from nas_plan import pace
from nas_plan.ask import ask
from nas_plan.pace import candidates_at_a_look

WIDE = {"decisions": [{"name": f"d{k}", "choice": [f"v{j}" for j in range(64)]} for k in range(110)]}
NUMBERS = {"decisions": [{"name": f"d{k}", "integer": {"min": 0, "max": 1_000_000_000}} for k in range(30)]}


def at_a_look(strategy: dict[str, Any], space: dict[str, Any], each: int = 1) -> int:
    evaluation = {"candidatesPerTrial": each}
    spec = search(strategy=strategy, searchSpace=space, evaluation=evaluation, storage={"bucket": "nas"}).spec
    assert spec is not None
    return candidates_at_a_look(spec, get_space(spec.search_space))


def test_the_dearer_the_choice_the_fewer_are_chosen_at_a_look() -> None:
    small = {"name": "nas-bench-201"}
    assert at_a_look({"random": {}}, WIDE) == at_a_look({"zeroCost": {}}, small) == 5000
    assert at_a_look({"bayesian": {}}, small) > 100
    assert at_a_look({"bayesian": {}}, WIDE) == at_a_look({"optuna": {}}, WIDE) == 1
    assert at_a_look({"bayesian": {}}, NUMBERS) < 10 and at_a_look({"optuna": {}}, NUMBERS) < 5


def test_with_a_predictor_each_candidate_costs_all_of_its_proposals() -> None:
    def with_predictor(**predictor: Any) -> int:
        asked = search(
            strategy={"random": {}},
            searchSpace={"name": "nas-bench-201"},
            evaluation={"prefilter": {"predictor": predictor}, "candidatesPerTrial": 1},
        ).spec
        return candidates_at_a_look(asked, get_space(asked.search_space))

    few = with_predictor(candidates=50)
    assert 10 < with_predictor(candidates=50, **{"from": {"searches": ["a", "b", "c"]}}) < few < 100
    assert few < with_predictor(candidates=2)


def test_trials_are_asked_for_whole() -> None:
    assert at_a_look({"random": {}}, WIDE, each=64) == 4992
    assert at_a_look({"bayesian": {}}, WIDE, each=64) == 1, "one candidate is enough of a trial then"


@pytest.mark.parametrize("ordered", [False, True])
def test_what_is_asked_for_at_several_looks_is_what_one_would_give(
    ordered: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = search(
        strategy={"regularizedEvolution": {}, "seed": 1, "ordered": ordered},
        budget={"maxTrials": 9, "parallelTrials": 9},
        evaluation={"candidatesPerTrial": 2},
        storage={"bucket": "nas", "secretRef": {"name": "nas-storage"}},
    )
    assert asked.spec is not None
    at_once = ask(asked.spec, [], 0, 9)
    monkeypatch.setattr(pace, "THINKING_S", 4e-3)
    w, looks = World(asked), 0
    while w.step().create_trials:
        looks += 1
    assert looks == 3 and [w.trials[name].spec for name in sorted(w.trials)] == at_once
