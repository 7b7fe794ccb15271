from __future__ import annotations

import numpy as np
import pytest
from benchmarks.knowledge.__main__ import BESIDE, entrants, interval, ranks, rows
from benchmarks.knowledge.searches import ARMS, QUERIES


def test_equal_values_share_their_rank() -> None:
    assert ranks(np.array([[0.1], [0.3], [0.1], [0.2]])).ravel().tolist() == [1.5, 4, 1.5, 3]


def test_an_interval_is_of_data_sets_as_well_as_seeds() -> None:
    between = np.repeat([[0.0], [1.0]], 50, axis=1)
    assert interval(between) == (0.0, 1.0), "two data sets say little, however many seeds"
    assert interval(np.full((3, 4), 0.5)) == pytest.approx((0.5, 0.5))


def test_the_table_has_a_row_for_each_beginning() -> None:
    regret = {arm: np.ones((2, 3, QUERIES)) for arm in ("none", BESIDE, "Syne Tune Quantiles")}
    regret[BESIDE] /= 2
    found = rows(regret)
    assert [line.split(" | ")[0] for line in found] == ["| none", f"| {BESIDE}", "| Syne Tune Quantiles"]
    assert "| 2.50 | 2.50 | 2.50 | 1.000 |" in found[0] and "0.500 (0.500 to 0.500)" in found[2]
    assert found[0].count("|") == found[1].count("|")


def test_without_the_other_library_the_rest_is_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert tuple(entrants()) == ARMS and "make build/peers" in capsys.readouterr().out
