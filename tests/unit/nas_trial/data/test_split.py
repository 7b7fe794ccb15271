from __future__ import annotations

import numpy as np
import pytest

from nas_trial.data.split import stratified_split, stratified_subset

LABELS = np.repeat([0, 1, 2], [600, 300, 100])


def test_every_class_keeps_its_share() -> None:
    train, val = stratified_split(LABELS, 0.2, seed=1)
    assert np.bincount(LABELS[val]).tolist() == [120, 60, 20]
    assert np.array_equal(np.sort(np.concatenate([train, val])), np.arange(1000))


def test_the_seed_decides() -> None:
    _, one = stratified_split(LABELS, 0.2, seed=1)
    _, again = stratified_split(LABELS, 0.2, seed=1)
    _, other = stratified_split(LABELS, 0.2, seed=2)
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("fraction", [0.001, 0.999])
def test_both_parts_have_every_class(fraction: float) -> None:
    train, val = stratified_split(np.array([0, 0, 1, 1]), fraction, seed=0)
    assert len(train) == len(val) == 2


@pytest.mark.parametrize("limit", [10, 99, 500])
def test_a_subset_has_the_size_and_the_shares(limit: int) -> None:
    chosen = stratified_subset(LABELS, limit, seed=3)
    assert len(chosen) == len(set(chosen)) == limit
    shares = np.bincount(LABELS[chosen]) / limit
    np.testing.assert_allclose(shares, [0.6, 0.3, 0.1], atol=0.11 if limit == 10 else 0.01)


def test_a_subset_keeps_two_of_a_rare_class() -> None:
    labels = np.repeat([0, 1], [990, 10])
    assert np.bincount(labels[stratified_subset(labels, 20, seed=0)]).tolist()[1] == 2


def test_no_limit_takes_all() -> None:
    assert np.array_equal(stratified_subset(LABELS, None, seed=0), np.arange(1000))
    assert np.array_equal(stratified_subset(LABELS, 5000, seed=0), np.arange(1000))
