from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from nas_client.errors import InvalidInput
from nas_client.importing.experiment import EarlierExperiment, EarlierTrial, Goal
from nas_client.importing.fit import Fit, fit, written
from nas_core.api.strategy import Objective
from nas_core.spaces import SearchSpace
from nas_core.spaces.decisions import Choice, Decision, Integer, Real, Subset, when
from nas_core.spaces.joint import JointSpace

NOW = datetime(2026, 1, 2, tzinfo=UTC)
SPACE = JointSpace(
    SearchSpace("mine", [Integer("depth", 1, 3), Choice("act", ("relu", "tanh"), when=when("depth", 2, 3))]),
    [Real("lr", 1e-4, 0.1, log=True)],
)


def trial(index: int, accuracy: float | None = 0.5, complete: bool = True, **values: str) -> EarlierTrial:
    metrics = {} if accuracy is None else {"val_accuracy": accuracy}
    return EarlierTrial(index, "COMPLETE" if complete else "PRUNED", complete, values, metrics)


def experiment(*trials: EarlierTrial, goals: dict[str, Goal | None] | None = None, **more: Any) -> EarlierExperiment:
    known: dict[str, Any] = {"parameters": {"depth": "1 to 3"}} | more
    goals = {"val_accuracy": "maximize"} if goals is None else goals
    return EarlierExperiment("optuna", "first", "id", NOW, NOW, goals=goals, trials=trials, **known)


def fitted(source: EarlierExperiment, *objectives: Objective, **options: dict[str, str]) -> Fit:
    given: dict[str, dict[str, str]] = {"renamed": {}, "metrics": {}, "fixed": {}} | options
    return fit(source, SPACE, objectives or (Objective(metric="val_accuracy"),), **given)


GOOD = trial(0, depth="2", act="relu", lr="0.012345")


def test_trials_become_candidates_of_the_space() -> None:
    found = fitted(experiment(GOOD, trial(7, 0.7, depth="1", act="tanh", lr="0.1", batch="32")))
    assert [one.model_dump() for one in found.results] == [
        {"index": 0, "values": {"depth": "2", "act": "relu", "hp.lr": "0.01235"}, "metrics": {"val_accuracy": 0.5}},
        # What does not apply is left out.
        {"index": 7, "values": {"depth": "1", "hp.lr": "0.1"}, "metrics": {"val_accuracy": 0.7}},
    ]
    assert found.unused == ("batch",) and found.metrics == {"val_accuracy": "val_accuracy"}
    assert [(one.decision.name, one.source, one.earlier, one.fits) for one in found.decisions] == [
        ("depth", "depth", "1 to 3", 2),
        ("act", "act", "relu, tanh", 1),
        ("hp.lr", "lr", "0.012345, 0.1", 2),
    ]


def test_why_trials_are_left_out_is_counted() -> None:
    found = fitted(
        experiment(
            GOOD,
            trial(1, complete=False),
            trial(2, depth="5", act="relu", lr="1"),
            trial(3, depth="2", act="gelu", lr="0.1"),
            trial(4, depth="2", lr="0.1"),
            trial(5, None, depth="3", act="relu", lr="0.1"),
            trial(6, 0.75, depth="2", act="relu", lr="0.01235"),
        )
    )
    assert found.left_out == {
        "not complete (PRUNED)": 1,
        "no value of this space for every decision": 3,
        "no value of val_accuracy": 1,
        "a later trial has the same candidate": 1,
    }
    assert [(one.index, one.metrics) for one in found.results] == [(6, {"val_accuracy": 0.75})]
    assert {one.decision.name: dict(one.wrong) for one in found.decisions} == {
        "depth": {"5": 1},
        "act": {"gelu": 1, "": 1},
        "hp.lr": {"1": 1},
    }


def test_a_rule_of_the_space_is_kept() -> None:
    class Odd(SearchSpace):
        def fault(self, architecture: Any) -> str | None:
            return "even" if int(architecture["depth"]) % 2 == 0 else None

    source = experiment(trial(0, depth="1"), trial(1, depth="2"))
    found = fit(source, Odd("odd", [Integer("depth", 1, 3)]), [Objective(metric="val_accuracy")], {}, {}, {})
    assert found.left_out == {"the space has a rule against it": 1} and len(found.results) == 1


def test_names_can_be_given_and_what_never_changed_can_be_set() -> None:
    source = experiment(
        EarlierTrial(0, "COMPLETE", True, {"layers": "2", "rate": "0.1"}, {"acc": 0.5, "loss": 1.0}),
        goals={"acc": "maximize", "loss": None},
    )
    options = {
        "renamed": {"layers": "depth", "rate": "hp.lr"},
        "metrics": {"acc": "val_accuracy"},
        "fixed": {"act": "TANH"},
    }
    [one] = fitted(source, **options).results
    assert one.values == {"depth": "2", "act": "tanh", "hp.lr": "0.1"}
    assert one.metrics == {"val_accuracy": 0.5, "acc": 0.5, "loss": 1.0}


def test_nothing_fits_where_the_objective_is_not_measured() -> None:
    found = fitted(experiment(GOOD), Objective(metric="latency_ms", goal="minimize"))
    assert found.metrics == {"latency_ms": None} and found.left_out == {"no value of latency_ms": 1}


def test_the_opposite_goal_is_refused() -> None:
    with pytest.raises(InvalidInput, match="was to minimize 'val_accuracy', and the search is to maximize"):
        fitted(experiment(GOOD, goals={"val_accuracy": "minimize"}))
    assert fitted(experiment(GOOD, goals={"val_accuracy": None})).results


@pytest.mark.parametrize(
    ("fixed", "why"),
    [({"x": "1"}, "the space has no decision 'x'"), ({"depth": "9"}, "--set depth=9: must be one of 1, 2, 3")],
)
def test_what_is_set_has_to_be_of_the_space(fixed: dict[str, str], why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        fitted(experiment(GOOD), fixed=fixed)


@pytest.mark.parametrize(
    ("decision", "text", "expected"),
    [
        (Integer("n", 1, 64, step=1), "32.0", "32"),
        (Integer("n", 1, 64), "3.5", None),
        (Integer("n", 1, 64), "1e300", None),
        (Integer("n", 1, 64), "inf", None),
        (Real("x", 1e-5, 0.1), "0.100000000000000005", "0.1"),
        (Real("x", 1e-5, 0.1), "1e-05", "1e-05"),
        (Real("x", 1e-5, 0.1), "0.00001", "1e-05"),
        (Real("x", 1e-5, 0.1), "0.2", None),
        (Real("x", 1e-5, 0.1), "nan", None),
        (Choice("c", ("0.001", "true", "SGD")), "1e-3", "0.001"),
        (Choice("c", ("0.001", "true", "SGD")), "True", "true"),
        (Choice("c", ("0.001", "true", "SGD")), "sgd", "SGD"),
        (Choice("c", ("0.001", "true", "SGD")), "adam", None),
        (Subset("s", ("a", "b")), "a+b", "a+b"),
        (Subset("s", ("a", "b")), "x", None),
        (Subset("s", ("1", "2")), "1.0", "1"),
    ],
)
def test_values_are_written_as_the_decision_writes_them(decision: Decision, text: str, expected: str | None) -> None:
    assert written(decision, text) == expected
