from __future__ import annotations

import pytest
from benchmarks.operator.observed import Observed, per_minute, percentile
from benchmarks.operator.report import table

OUTPUT = "created 0\ncreated 0.5\nfinished 2\ncreated 2.25\nfinished 3\nfinished 4.5\n"


def test_slots_are_filled_in_the_order_in_which_they_became_free() -> None:
    observed = Observed.of(OUTPUT, parallel=2)
    assert observed.turnaround == [0.25], "the last two ends were followed by nothing"
    assert observed.seconds == 4.5


def test_rates_are_from_the_totals_of_all_rounds() -> None:
    slow = Observed(2, [0.0], [10.0, 20.0, 25.5])
    assert per_minute([Observed.of(OUTPUT, 2), slow]) == pytest.approx(60 * 6 / 30)


@pytest.mark.parametrize(("share", "expected"), [(0.0, 1), (0.5, 3), (0.99, 4), (1.0, 4)])
def test_percentiles(share: float, expected: float) -> None:
    assert percentile([4, 1, 3, 2], share) == expected


def test_the_table_has_a_row_a_side_with_each_round() -> None:
    observed = Observed.of(OUTPUT, parallel=2)
    header, _, row = table({"bare": [observed, observed]}, 3, 2).splitlines()
    assert header.startswith("| 3 trials, 2 parallel |")
    assert row == "| bare | 40.0 | 40.0, 40.0 | 0.250 | 0.250 | 0.250 |"
