from __future__ import annotations

import numpy as np
import pytest

from nas_trial.data import deal as module
from nas_trial.data.deal import deal, group_rows, shuffle_within

RNG = np.random.default_rng(0)


def test_groups_of_one_kind_are_found() -> None:
    strata = np.array([0, 1, 1, 0, 1, 0, 2])
    groups = group_rows(strata, np.array([9, 9, 4, 4, 7, 7, 5]))
    assert groups.of_row is not None and groups.of_row.tolist() == [3, 3, 0, 0, 2, 2, 1]
    assert sorted(groups.counts.tolist()) == [1, 3], "three have one row of class 0 and one of class 1"
    assert groups.sizes[groups.kind].tolist() == [2, 1, 2, 2]
    assert groups.of_classes(groups.counts, 3).tolist() == [3, 3, 1]
    assert groups.spread(np.arange(4)).tolist() == [3, 3, 0, 0, 2, 2, 1]


def test_rows_by_themselves_are_of_the_kind_of_their_class() -> None:
    groups = group_rows(np.array([3, 0, 3]), None)
    assert (groups.kind.tolist(), groups.classes.tolist(), groups.counts.tolist()) == ([1, 0, 1], [0, 3], [1, 2])
    assert groups.spread(np.arange(3)).tolist() == [0, 1, 2]


@pytest.mark.parametrize("size", ["equal", "different", "one is half of all"])
@pytest.mark.parametrize("shares", [(0.8, 0.2), (0.25, 0.25, 0.25, 0.25)])
def test_each_part_gets_its_share_of_rows_and_classes(size: str, shares: tuple[float, ...]) -> None:
    rng = np.random.default_rng(1)
    together = np.arange(12_000) // 3 if size == "equal" else rng.integers(0, 400, 12_000)
    if size == "one is half of all":
        together[:6000] = 0
    strata = (rng.random(12_000) < 0.1).astype(np.int64)
    part = deal(group_rows(strata, together), np.array([shares] * 2).T, np.random.default_rng(0))
    rows = part[np.unique(together, return_inverse=True)[1]]
    found = np.bincount(rows, minlength=len(shares)) / len(rows)
    if size == "one is half of all" and len(shares) == 4:
        assert sorted(np.round(found, 2).tolist()) == [0.17, 0.17, 0.17, 0.5]
        return
    np.testing.assert_allclose(found, shares, atol=0.001)
    for number in range(len(shares)):
        assert strata[rows == number].mean() == pytest.approx(strata.mean(), abs=0.005)


def test_so_many_groups_that_not_all_are_dealt_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STEPS", 100)
    rng = np.random.default_rng(2)
    together = rng.zipf(1.3, 20_000) % 3000
    strata = rng.integers(0, 3, 20_000)
    groups = group_rows(strata, together)
    held = groups.spread(deal(groups, np.array([[0.8] * 3, [0.2] * 3]), np.random.default_rng(0))) == 1
    assert held.mean() == pytest.approx(0.2, abs=0.01)
    np.testing.assert_allclose(np.bincount(strata[held]) / held.sum(), np.bincount(strata) / 20_000, atol=0.01)


def test_an_order_by_kind_is_random_within() -> None:
    kind = np.array([1, 0, 1, 0, 1] * 100)
    order, place = shuffle_within(kind, np.bincount(kind), RNG)
    assert np.array_equal(kind[order], np.sort(kind)) and sorted(order) == list(range(500))
    assert place.tolist() == [*range(200), *range(300)]
    assert not np.array_equal(order[:200], np.sort(order[:200]))
