from __future__ import annotations

import numpy as np
import pytest

from nas_report.importance import importance


def test_what_decides_alone_explains_all_and_noise_nothing() -> None:
    rng = np.random.default_rng(0)
    architectures = [{"op": str(rng.integers(3)), "other": str(rng.integers(4))} for _ in range(400)]
    found = importance(architectures, [float(a["op"]) for a in architectures])
    assert found["op"] == pytest.approx(1.0) and found["other"] < 0.02
    assert list(found) == ["op", "other"]


def test_omega_squared_is_that_of_the_textbook() -> None:
    # Three groups of four; between 24, within 24, so omega squared is (24 - 2 * 24/9) / (48 + 24/9).
    values = [1, 3, 3, 5, 3, 5, 5, 7, 1 + 4 - 4, 3, 3, 5]
    groups = [*"aaaa", *"bbbb", *"cccc"]
    between = 4 * ((3 - 11 / 3) ** 2 + (5 - 11 / 3) ** 2 + (3 - 11 / 3) ** 2)
    within = 24 / 9
    expected = (between - 2 * within) / (between + 24 + within)
    found = importance([{"g": g} for g in groups], [float(v) for v in values])
    assert found["g"] == pytest.approx(max(0.0, expected))


def test_many_numbers_are_grouped_by_their_size() -> None:
    rng = np.random.default_rng(1)
    rates = 10 ** rng.uniform(-4, 0, 300)
    found = importance([{"rate": f"{rate:.4g}"} for rate in rates], list(np.log(rates)))
    assert found["rate"] > 0.9


def test_that_a_decision_does_not_apply_is_a_value() -> None:
    architectures = [{"deep": "1", "layer": "a"} if n % 2 else {"deep": "0"} for n in range(20)]
    assert importance(architectures, [float(n % 2) for n in range(20)])["layer"] == pytest.approx(1.0)


@pytest.mark.parametrize("values", [[1.0] * 9, [1.0] * 20, []])
def test_too_few_or_equal_results_say_nothing(values: list[float]) -> None:
    assert importance([{"a": str(n % 2)} for n in range(len(values))], values) == {}


def test_decisions_with_a_value_each_explain_nothing() -> None:
    assert importance([{"name": f"n{n}"} for n in range(12)], [float(n) for n in range(12)]) == {"name": 0.0}
