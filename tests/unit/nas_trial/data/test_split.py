from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from nas_trial.data.split import Shares, divide, stratified_split, stratified_subset

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


def nothing_the_same(n: int) -> NDArray[np.int64]:
    return np.arange(n)


def test_test_is_cut_first_and_does_not_depend_on_the_limit() -> None:
    same = nothing_the_same(1000)
    whole = divide(LABELS, same, None, Shares(0.25, test=0.2), seed=4)
    part = divide(LABELS, same, None, Shares(0.25, test=0.2, limit=100), seed=4)
    assert np.array_equal(whole.test, part.test)
    assert (len(whole.train), len(whole.val), len(whole.test)) == (600, 200, 200)
    assert (len(part.train), len(part.val)) == (75, 25)
    assert len(np.unique(np.concatenate([whole.train, whole.val, whole.test]))) == 1000


def test_what_is_the_same_comes_into_one_split() -> None:
    same = np.arange(1000) // 4
    parts = divide(LABELS, same, None, Shares(0.2, test=0.1), seed=0)
    groups = [set(same[rows]) for rows in (parts.train, parts.val, parts.test)]
    assert sum(map(len, groups)) == len(set(same)) == 250
    assert len(parts.test) == pytest.approx(100, abs=8) and len(parts.val) == pytest.approx(180, abs=8)
    assert parts.left_out == 0


def test_given_splits_are_kept_but_for_what_repeats_training_rows() -> None:
    given = np.array(["train", "test", "train", "val", "val", "test", "test"])
    same = np.array([0, 1, 2, 2, 3, 3, 4])
    parts = divide(np.zeros(7, np.int64), same, given, Shares(0.5), seed=0)
    assert (parts.train.tolist(), parts.val.tolist(), parts.test.tolist()) == ([0, 2], [4], [1, 6])
    assert parts.left_out == 2


def test_a_class_of_one_example_is_trained_on() -> None:
    stay, out = stratified_split(np.array([0, 0, 0, 1]), 0.5, seed=0)
    assert 3 in stay and 3 not in out
