from __future__ import annotations

import csv
from pathlib import Path

import pytest

from nas_benchmark.regret import HypervolumeShares
from nas_benchmark.simulation import Run
from nas_benchmark.summary import Scorecard, curve_rows, write
from nas_benchmark.table import Table
from nas_core.api.strategy import Objective
from nas_core.testing.toy_space import ToySpace

ONE = [Objective(metric="val")]


def run(*values: float) -> Run:
    times = [2.0 * (k + 1) for k in range(len(values))]
    return Run([{"val": v, "test": v - 1} for v in values], times, [2.0, 4.0])


LONG = [run(*([1.0] * 24 + [9.0] + [9.5] * 275)), run(*([5.0] * 30 + [9.95] * 270))]
JUDGE = Scorecard(ONE, best=10.0, volumes=None, near=0.1, test="test")


def test_a_row_has_the_columns_and_means_that_are_promised(tmp_path: Path) -> None:
    write(tmp_path / "summary.csv", [JUDGE.summarise("one", LONG)])
    text = (tmp_path / "summary.csv").read_text()
    assert text.splitlines()[0] == (
        "strategy,seeds,regret_mean_at_25,regret_mean_at_50,regret_mean_at_100,regret_mean_at_150,regret_mean_at_200,"
        "regret_mean_at_300,median_queries_to_0.1,test_mean_at_300,ask_ms_median"
    )
    [row] = csv.DictReader(text.splitlines())
    assert (row["strategy"], row["seeds"], row["ask_ms_median"]) == ("one", "2", "3.00")
    assert row["regret_mean_at_25"] == "3"
    assert row["regret_mean_at_300"] == "0.275"
    assert row["median_queries_to_0.1"] == "inf", "half of them never"
    assert row["test_mean_at_300"] == "8.7250"
    assert JUDGE.summarise("one", LONG[1:])["median_queries_to_0.1"] == "31"


def test_what_was_not_reached_is_left_out() -> None:
    short = {"short": [run(*[1.0] * 60), run(*[2.0] * 80)]}
    row = JUDGE.summarise("short", short["short"])
    assert (row["regret_mean_at_50"], row["regret_mean_at_100"], row["test_mean_at_300"]) == ("8.5", "", "")
    lines = JUDGE.markdown(short).splitlines()
    assert (
        lines[0]
        == "| strategy | seeds | regret @25 | regret @50 | queries to ≤ 0.1 | simulated time to ≤ 0.1 | ask, ms |"
    )
    assert lines[2] == "| short | 2 | 8.5 ± 0.5 | 8.5 ± 0.5 | > 60 | inf | 3.00 |"


def test_a_run_that_found_nothing_has_no_regret_that_counts() -> None:
    failed = Run([None, {"val": 9.0, "test": 1.0}], [1.0, 2.0], [1.0])
    curves = JUDGE.curves([failed, run(9.0, 9.0)])
    assert curves["regret"].mean.tolist() == [float("inf"), 1.0]
    assert curves["regret"].std.tolist() == [float("inf"), 0.0]


def test_curves_tell_of_every_query() -> None:
    rows = curve_rows("one", JUDGE.curves(LONG))
    assert len(rows) == 300
    assert rows[24] == {
        "strategy": "one", "query": "25", "seconds_mean": "50", "seconds_std": "0",
        "regret_mean": "3", "regret_std": "2",
    }  # fmt: skip


def test_several_objectives_have_hypervolumes() -> None:
    two = [Objective(metric="val"), Objective(metric="ms", goal="minimize")]
    rows = {"a": {"val": 2.0, "ms": 2.0}, "b": {"val": 1.0, "ms": 1.0}, "c": {"val": 0.0, "ms": 3.0}}
    table = Table(ToySpace(), "raw", rows)
    scorecard = Scorecard.of(table, two, 0.1, None)
    assert isinstance(scorecard.volumes, HypervolumeShares)
    runs = [Run([rows["c"], rows["b"]], [1.0, 2.0], [1.0]), Run([rows["a"], rows["b"]], [1.0, 2.0], [1.0])]
    row = scorecard.summarise("two", runs)
    assert list(row) == [
        "strategy", "seeds", "hypervolume_share_worst", "hypervolume_share_median", "ask_ms_median"
    ]  # fmt: skip
    assert float(row["hypervolume_share_worst"]) == pytest.approx((2 / 3 + 1) / 2, abs=1e-4)
    assert "| two | 2 | 0.833 ± 0.167 |" in scorecard.markdown({"two": runs})
