from __future__ import annotations

import numpy as np
from benchmarks.ofa.__main__ import packed, unpacked
from benchmarks.ofa.report import Row, table

from nas_core.api.strategy import Constraint


def row(shared: list[bool], alone: list[list[bool]], retrained: float | None = None) -> Row:
    limits = [Constraint(metric="flops", max="300000")]
    arrays = np.array(shared), np.array(alone)
    return Row("phone", limits, "s1(8,mbconv:k3e1)", 278000, 7536, *arrays, retrained)


def test_the_difference_is_to_the_mean_of_the_trainings_alone() -> None:
    found = row([True, True, True, False], [[True, True, False, False], [True, True, True, True]]).difference
    assert found.value == 0.0 and found.low < 0 < found.high


def test_the_interval_is_that_of_pairs() -> None:
    # Right about the same images: however many are drawn again, the difference stays.
    same = [True, False] * 50
    found = row(same, [same]).difference
    assert (found.value, found.low, found.high) == (0.0, 0.0, 0.0)


def test_a_row_tells_limit_and_accuracies() -> None:
    told = table([row([True, False], [[True, True], [False, True]], retrained=0.875)]).splitlines()[-1]
    assert [cell.strip() for cell in told.split("|")[1:-1]] == [
        *("phone", "flops ≤ 300000", "`s1(8,mbconv:k3e1)`", "278,000", "7,536", "50.00", "75.00 (50.00 to 100.00)"),
        *("-25.000 (-100.000 to 50.000)", "87.50"),
    ]


def test_which_images_a_network_is_right_about_survives_the_ledger() -> None:
    right = np.random.default_rng(0).random(80) < 0.7
    assert (unpacked({"right": packed(right)}) == right).all()
