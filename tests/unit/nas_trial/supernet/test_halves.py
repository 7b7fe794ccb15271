from __future__ import annotations

import pytest
import torch

from nas_trial.data.examples import InMemory
from nas_trial.supernet.halves import halves


def split(length: int = 11) -> InMemory:
    return InMemory({"table": torch.arange(length)[:, None]}, torch.arange(length) * 10)


@pytest.mark.parametrize("length", [10, 11])
def test_halves_are_all_rows_and_have_none_in_common(length: int) -> None:
    one, other = halves(split(length), seed=3)

    assert (len(one), len(other)) == (length // 2, (length + 1) // 2)
    assert sorted(one.in_order().tolist() + other.in_order().tolist()) == list(range(length))
    assert one.targets.tolist() == [10 * row for row in one.in_order().tolist()]


def test_the_seed_decides() -> None:
    assert halves(split(), 1)[0].in_order().equal(halves(split(), 1)[0].in_order())
    assert not halves(split(100), 1)[0].in_order().equal(halves(split(100), 2)[0].in_order())


def test_the_order_of_an_epoch_is_that_of_the_whole_without_the_others() -> None:
    whole = split()
    half, _ = halves(whole, seed=0)
    mine = set(half.in_order().tolist())

    assert half.order(5, 2).tolist() == [row for row in whole.order(5, 2).tolist() if row in mine]


def test_batches_are_of_the_rows_that_are_asked_for() -> None:
    half, _ = halves(split(), seed=0)
    rows = half.order(0, 0)[:3]

    (batch,) = half.batches([rows])

    assert batch.rows["table"][:, 0].equal(rows) and batch.targets.equal(rows * 10)


def test_halves_are_not_joined() -> None:
    half, other = halves(split(), seed=0)

    with pytest.raises(NotImplementedError):
        half.joined(other)
