from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.support.reports import reported

from nas_core.importance import Importance, importance, importance_in


def shares(found: list[Importance]) -> dict[str, float]:
    return {each.decision: each.share for each in found}


def test_what_decides_alone_explains_all_and_noise_nothing() -> None:
    rng = np.random.default_rng(0)
    architectures = [{"op": str(rng.integers(3)), "other": str(rng.integers(4))} for _ in range(400)]
    op, other = importance(architectures, [float(a["op"]) for a in architectures])
    assert (op.decision, other.decision) == ("op", "other")
    assert op.share == pytest.approx(1.0) and op.low == pytest.approx(1.0)
    assert other.share < 0.02 and other.low == 0.0 and other.high < 0.05


def test_omega_squared_is_that_of_the_textbook() -> None:
    # Three groups of four; between 24, within 24, so omega squared is (24 - 2 * 24/9) / (48 + 24/9).
    values = [1, 3, 3, 5, 3, 5, 5, 7, 1 + 4 - 4, 3, 3, 5]
    groups = [*"aaaa", *"bbbb", *"cccc"]
    between = 4 * ((3 - 11 / 3) ** 2 + (5 - 11 / 3) ** 2 + (3 - 11 / 3) ** 2)
    within = 24 / 9
    expected = (between - 2 * within) / (between + 24 + within)
    [found] = importance([{"g": g} for g in groups], [float(v) for v in values])
    assert found.share == pytest.approx(max(0.0, expected))


@pytest.mark.parametrize("count", [20, 100])
def test_the_interval_holds_the_true_share_about_as_often_as_it_says(count: int) -> None:
    means = np.array([-0.75, -0.25, 0.25, 0.75])
    true = means.var() / (means.var() + 1)
    rng, held, times = np.random.default_rng(3), 0, 100
    for _ in range(times):
        drawn = rng.integers(4, size=count)
        [found] = importance([{"op": f"o{n}"} for n in drawn], (means[drawn] + rng.standard_normal(count)).tolist())
        held += found.low <= true <= found.high
    assert 88 <= held <= times


def test_many_numbers_are_grouped_by_their_size() -> None:
    rng = np.random.default_rng(1)
    rates = 10 ** rng.uniform(-4, 0, 300)
    assert shares(importance([{"rate": f"{rate:.4g}"} for rate in rates], list(np.log(rates))))["rate"] > 0.9


def test_that_a_decision_does_not_apply_is_a_value() -> None:
    architectures = [{"deep": "1", "layer": "a"} if n % 2 else {"deep": "0"} for n in range(20)]
    assert shares(importance(architectures, [float(n % 2) for n in range(20)]))["layer"] == pytest.approx(1.0)


@pytest.mark.parametrize("values", [[1.0] * 9, [1.0] * 20, []])
def test_too_few_or_equal_results_say_nothing(values: list[float]) -> None:
    assert importance([{"a": str(n % 2)} for n in range(len(values))], values) == []


def test_decisions_with_a_value_each_explain_nothing() -> None:
    assert shares(importance([{"name": f"n{n}"} for n in range(12)], [float(n) for n in range(12)])) == {"name": 0.0}


def test_of_a_search_the_results_of_the_highest_rung_count_that_has_enough() -> None:
    _, trials = reported(40)
    whole = importance_in(trials, "val_accuracy")
    assert whole and whole[0].share > 0.05 and whole == importance_in(trials, "val_accuracy")
    epochs = [9 if place >= 35 else 3 if place >= 20 else 1 for place in range(40)]
    rungs = [
        replace(trial, spec=trial.spec.model_copy(update={"epochs": count}))
        for trial, count in zip(trials, epochs, strict=True)
    ]
    assert importance_in(rungs, "val_accuracy") == importance_in(trials[20:35], "val_accuracy")
    assert importance_in(trials, "latency_ms") == []
