from __future__ import annotations

import csv
from pathlib import Path

from nas_benchmark.contest import Run
from nas_benchmark.summary import markdown, summarise, write


def run(*values: float) -> Run:
    incumbents = [max(range(k + 1), key=lambda place: values[place]) for k in range(len(values))]
    return Run(list(values), incumbents, [{"test": v - 1} for v in values], [], [2.0, 4.0])


LONG = [run(*([1.0] * 24 + [9.0] + [9.5] * 275)), run(*([5.0] * 30 + [9.95] * 270))]


def test_a_row_tells_means_spreads_and_when_it_was_found() -> None:
    row = summarise("one", LONG, best=10.0, sign=1.0, test="test")
    assert (row["strategy"], row["seeds"], row["ask_ms_median"]) == ("one", "2", "3.00")
    assert (row["regret_mean_at_25"], row["regret_std_at_25"]) == ("3.0000", "2.0000")
    assert row["regret_mean_at_300"] == "0.2750"
    assert row["median_queries_to_0.1"] == "inf", "half of them never"
    assert row["test_mean_at_300"] == "8.7250"
    assert summarise("one", LONG[1:], 10.0, 1.0, None)["median_queries_to_0.1"] == "31"


def test_what_was_not_reached_is_left_out(tmp_path: Path) -> None:
    rows = [summarise("short", [run(*[1.0] * 60)], 10.0, 1.0, "test")]
    write(tmp_path / "summary.csv", rows)
    [read] = csv.DictReader((tmp_path / "summary.csv").open())
    assert (read["regret_mean_at_50"], read["regret_mean_at_100"], read["test_mean_at_300"]) == ("9.0000", "", "")
    assert list(read)[:3] == ["strategy", "seeds", "regret_mean_at_25"]
    lines = markdown(rows).splitlines()
    assert lines[0] == "| strategy | seeds | regret @25 | regret @50 | queries to ≤ 0.1 | ask, ms |"
    assert lines[2] == "| short | 1 | 9.00 ± 0.00 | 9.00 ± 0.00 | inf | 3.00 |"
