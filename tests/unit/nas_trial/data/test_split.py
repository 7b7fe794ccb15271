from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from nas_core.api.task import Dataset
from nas_trial.data.raw import Index
from nas_trial.data.split import Division, Parts, divide, hold_out, newest, stratified_subset
from nas_trial.errors import DatasetInvalid

LABELS = np.repeat([0, 1, 2], [600, 300, 100])
TABLE = Division(0.2, duplicates="auto", values=True)


def cut(
    strata: Index,
    how: Division,
    seed: int = 0,
    *,
    same: Index | None = None,
    given: list[str] | None = None,
    groups: Index | None = None,
    times: NDArray[Any] | None = None,
) -> Parts:
    same = np.arange(len(strata)) if same is None else same
    return divide(strata, same, None if given is None else np.array(given), groups, times, how, seed)


def held(y: Index, fraction: float, seed: int = 0, together: Index | None = None) -> Index:
    return np.flatnonzero(hold_out(y, together, fraction, np.random.default_rng(seed)))


def class_shares(y: Index, *splits: Index) -> list[NDArray[np.float64]]:
    return [np.bincount(y[rows], minlength=int(y.max()) + 1) / len(rows) for rows in splits]


def test_every_class_keeps_its_share() -> None:
    assert np.bincount(LABELS[held(LABELS, 0.2)]).tolist() == [120, 60, 20]


def test_many_small_classes_do_not_add_up_to_another_fraction() -> None:
    labels = np.repeat(np.arange(300), 12)  # a fifth of 12 is 2.4
    assert len(held(labels, 0.2)) == pytest.approx(720, abs=3)
    assert set(np.bincount(labels[held(labels, 0.2)])) == {2, 3}


def test_the_seed_decides() -> None:
    assert np.array_equal(held(LABELS, 0.2, seed=1), held(LABELS, 0.2, seed=1))
    assert not np.array_equal(held(LABELS, 0.2, seed=1), held(LABELS, 0.2, seed=2))


@pytest.mark.parametrize("fraction", [0.001, 0.999])
def test_both_parts_have_every_class(fraction: float) -> None:
    assert len(held(np.array([0, 0, 1, 1]), fraction)) == 2


def test_a_class_of_one_example_is_trained_on() -> None:
    assert 3 not in held(np.array([0, 0, 0, 1]), 0.5)


@pytest.mark.parametrize("seed", range(20))
def test_a_class_of_one_group_is_trained_on_and_one_of_two_is_in_both(seed: int) -> None:
    y = np.repeat([0, 1, 2], [40, 10, 10])
    together = np.concatenate([np.arange(40), np.repeat([50, 51, 52], [10, 5, 5])])
    out = np.bincount(y[held(y, 0.2, seed, together)], minlength=3)
    assert out[1] == 0 and out[2] == 5


@pytest.mark.parametrize("limit", [10, 99, 500])
def test_a_subset_has_the_size_and_the_shares(limit: int) -> None:
    chosen = stratified_subset(LABELS, limit, seed=3)
    assert len(chosen) == len(set(chosen)) == limit
    shares = np.bincount(LABELS[chosen]) / limit
    np.testing.assert_allclose(shares, [0.6, 0.3, 0.1], atol=0.11 if limit == 10 else 0.01)


def test_a_subset_keeps_two_of_a_rare_class() -> None:
    labels = np.repeat([0, 1], [990, 10])
    assert np.bincount(labels[stratified_subset(labels, 20, seed=0)]).tolist()[1] == 2


def test_a_high_limit_takes_all() -> None:
    assert np.array_equal(stratified_subset(LABELS, 5000, seed=0), np.arange(1000))


def test_test_is_cut_first_and_does_not_depend_on_the_limit() -> None:
    whole = cut(LABELS, Division(0.25, test=0.2), seed=4)
    part = cut(LABELS, Division(0.25, test=0.2, limit=100), seed=4)
    assert np.array_equal(whole.test, part.test)
    assert (len(whole.train), len(whole.val), len(whole.test)) == (600, 200, 200)
    assert (len(part.train), len(part.val)) == (75, 25)
    assert len(np.unique(np.concatenate([whole.train, whole.val, whole.test]))) == 1000


def test_what_is_equal_comes_into_one_split() -> None:
    same = np.arange(1000) // 4
    parts = cut(LABELS, Division(0.2, test=0.1), same=same)
    groups = [set(same[rows]) for rows in (parts.train, parts.val, parts.test)]
    assert sum(map(len, groups)) == len(set(same)) == 250
    assert (len(parts.test), len(parts.val), parts.warnings) == (100, 180, ())
    assert parts.together is not None


def titanic(seed: int) -> tuple[Index, Index]:
    """Sex, class and port of 900 passengers, 18 different rows, and who lived."""
    rng = np.random.default_rng(seed)
    columns = [rng.choice(len(p), 900, p=p) for p in ([0.65, 0.35], [0.24, 0.2, 0.56], [0.19, 0.09, 0.72])]
    lived = rng.random(900) < 0.2 + 0.55 * (columns[0] == 1)
    return lived.astype(np.int64), np.unique(np.stack(columns), axis=1, return_inverse=True)[1].reshape(-1)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("duplicates", ["auto", "ignore", "together"])
def test_a_table_of_few_different_rows(duplicates: str, seed: int) -> None:
    y, same = titanic(seed)
    parts = cut(y, Division(0.2, duplicates=duplicates, values=True), seed, same=same)
    assert len(parts.val) / 900 == pytest.approx(0.2, abs=0.02)
    train, val = class_shares(y, parts.train, parts.val)
    # Of 18 groups none may be at hand that fits.
    assert train == pytest.approx(val, abs=0.03 if duplicates == "together" else 0.01)
    if duplicates == "together":
        assert not set(same[parts.train]) & set(same[parts.val])


@pytest.mark.parametrize("seed", range(5))
def test_2200_rows_of_14_different_ones(seed: int) -> None:
    rng = np.random.default_rng(seed)
    same = rng.choice(14, 2200, p=rng.dirichlet(np.ones(14)))
    y = (rng.random(2200) < same / 14).astype(np.int64)
    parts = cut(y, TABLE, seed, same=same)
    assert len(parts.val) / 2200 == pytest.approx(0.2, abs=0.001)
    assert class_shares(y, parts.train)[0] == pytest.approx(class_shares(y, parts.val)[0], abs=0.01)
    [warning] = parts.warnings
    assert "of 2200 rows equal another one" in warning and "duplicates: together keeps" in warning
    kept = cut(y, Division(0.2, duplicates="together", values=True), seed, same=same)
    assert not set(same[kept.train]) & set(same[kept.val])


def test_auto_keeps_media_and_rare_copies_together() -> None:
    same = np.arange(1000) // 2
    media = cut(LABELS, Division(0.2, duplicates="auto", values=False), same=same)
    assert not set(same[media.train]) & set(same[media.val])
    rare = np.maximum(np.arange(1000), 400)  # 401 of 1,000 rows are equal
    table = cut(LABELS, TABLE, same=rare)
    assert not set(rare[table.train]) & set(rare[table.val])
    ignored = cut(LABELS, Division(0.2, duplicates="ignore"), same=same)
    assert set(same[ignored.train]) & set(same[ignored.val]) and ignored.warnings == ()


def test_given_splits_are_never_changed_and_what_repeats_is_told() -> None:
    given = ["train", "test", "train", "val", "val", "test", "test"]
    same = np.array([0, 1, 2, 2, 3, 3, 4])
    parts = cut(np.zeros(7, np.int64), Division(0.5), same=same, given=given)
    assert (parts.train.tolist(), parts.val.tolist(), parts.test.tolist()) == ([0, 2], [3, 4], [1, 5, 6])
    assert parts.warnings == (
        "the data: 1 of 2 validation rows equal rows that are trained on",
        "the data: 1 of 3 test rows equal rows that are trained on",
    )


def test_groups_of_given_splits_that_are_in_both_are_told() -> None:
    parts = cut(np.zeros(4, np.int64), TABLE, given=["train", "train", "val", "val"], groups=np.array([0, 1, 1, 2]))
    assert parts.val.tolist() == [2, 3]
    assert parts.warnings == ("the data: 1 of 2 validation rows are of one group with rows that are trained on",)


def test_groups_come_into_one_split_also_by_way_of_equal_rows() -> None:
    groups = np.arange(1000) // 5
    same = np.arange(1000)
    same[5] = same[0]  # joins the first two groups
    parts = cut(LABELS, Division(0.2, test=0.2), groups=groups, same=same)
    for rows in (parts.val, parts.test):
        assert len(rows) == len(np.flatnonzero(np.isin(groups, groups[rows])))
        assert len(set(range(10)) & set(rows.tolist())) in (0, 10)
    assert (len(parts.test), len(parts.val)) == (200, 160)


def test_equal_rows_that_link_most_groups_do_not_keep_them_together() -> None:
    groups, same = np.arange(1000) // 10, np.arange(1000)
    same[::10] = 0  # one in each group
    parts = cut(LABELS, TABLE, groups=groups, same=same)
    assert len(parts.val) == 200 and not set(groups[parts.train]) & set(groups[parts.val])
    [warning] = parts.warnings
    assert "equal rows link most rows of different groups" in warning
    with pytest.raises(DatasetInvalid, match=r"dataset\.duplicates: ignore"):
        cut(LABELS, Division(0.2, duplicates="together"), groups=groups, same=same)


def test_shares_that_groups_do_not_allow_are_told() -> None:
    y = np.repeat([0, 1], 50)
    [share, classes] = cut(y, Division(0.2), groups=np.minimum(np.arange(100) // 40, 1)).warnings
    assert share.startswith("the data: the validation split has 40 of 100 rows, 40.0% instead of 20.0%")
    assert "the share of a class" in classes


def test_the_newest_rows_are_held_out() -> None:
    times = np.random.default_rng(0).permutation(1000).astype(np.float64)
    parts = cut(LABELS, Division(0.25, test=0.2), times=times)
    assert (len(parts.train), len(parts.val), len(parts.test)) == (600, 200, 200)
    assert times[parts.train].max() < times[parts.val].min() and times[parts.val].max() < times[parts.test].min()
    used = cut(LABELS, Division(0.25, test=0.2, limit=100), times=times)
    assert np.array_equal(used.test, parts.test) and len(used.train) + len(used.val) == 100


def test_rows_of_one_time_stay_together() -> None:
    assert newest(np.array([1.0, 2, 2, 2, 3]), 0.5).tolist() == [False, True, True, True, True]
    assert newest(np.array([1.0, 2, 2, 3, 3]), 0.5).tolist() == [False, False, False, True, True]
    assert newest(np.array([0.0, 0, 1]), 0.9).tolist() == [False, False, True]
    parts = cut(np.zeros(100, np.int64), Division(0.2), times=np.arange(100) // 40)
    assert (len(parts.val), parts.warnings) == (20, ())
    [warning] = cut(np.zeros(100, np.int64), Division(0.2), times=np.arange(100) // 60).warnings
    assert "the validation split has 40 of 100 rows, 40.0% instead of 20.0%: those of one time" in warning


def test_what_equals_older_rows_or_is_of_a_new_class_is_told() -> None:
    same, times = np.arange(10), np.arange(10.0)
    same[9] = 0
    parts = cut(np.array([0] * 9 + [1]), Division(0.2), same=same, times=times)
    assert parts.val.tolist() == [8, 9]
    assert parts.warnings == (
        "the data: 1 validation rows are of classes that no older row has",
        "the data: 1 of 2 validation rows equal rows that are trained on",
    )


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"same": np.zeros(6, np.int64)}, "validation split would be empty.* dataset.duplicates: ignore"),
        ({"groups": np.zeros(6, np.int64)}, "validation split would be empty.* dataset.group"),
        ({"times": np.zeros(6)}, "validation split would be empty, because all rows have one time"),
        ({"given": ["val"] * 6}, "no row is left to train on"),
        ({"given": ["test"] * 6}, "0 rows are too few to make a validation split of"),
    ],
)
def test_an_empty_split_is_refused_by_name(more: dict[str, Any], message: str) -> None:
    with pytest.raises(DatasetInvalid, match=f"the data: .*{message}"):
        cut(np.array([0, 0, 0, 1, 1, 1]), Division(0.2), **more)


def test_an_empty_test_split_is_named() -> None:
    with pytest.raises(DatasetInvalid, match="the test split would be empty, because every class has one row"):
        cut(np.arange(3), Division(0.2, test=0.2))


def test_what_a_search_asks_for() -> None:
    dataset = Dataset.model_validate({"name": "digits", "testFraction": "0.1", "maxExamples": 50})
    assert Division.of(dataset, {"image"}, "here") == Division(0.2, 0.1, 50, "auto", values=False, where="here")
    assert Division.of(dataset, ["numeric", "text"], "here").values
    assert not Division.of(dataset, ["numeric", "image"], "here").values
