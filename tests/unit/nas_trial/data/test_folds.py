from __future__ import annotations

import numpy as np
import pytest

from nas_trial.data.folds import folds
from nas_trial.errors import CandidateRejected


@pytest.mark.parametrize("count", range(1, 21))
def test_each_fold_has_its_share_of_rows_and_classes(count: int) -> None:
    strata = np.repeat([0, 1, 2], [63, 40, 20])
    number = folds(strata, None, count, seed=0)
    sizes = np.bincount(number, minlength=count)
    assert sizes.sum() == 123 and sizes.max() - sizes.min() <= 2
    for k in range(3):
        of_class = np.bincount(number[strata == k], minlength=count)
        assert of_class.max() - of_class.min() <= 1


def test_the_seed_decides() -> None:
    strata = np.arange(50) % 2
    one, again, other = (folds(strata, None, 5, seed) for seed in (1, 1, 2))
    assert np.array_equal(one, again) and not np.array_equal(one, other)


def test_rows_that_belong_together_come_into_one_fold() -> None:
    rng = np.random.default_rng(0)
    together, strata = rng.integers(0, 60, 600), rng.integers(0, 2, 600)
    number = folds(strata, together, 5, seed=3)
    assert all(len(set(number[together == group])) == 1 for group in range(60))
    np.testing.assert_allclose(np.bincount(number), 120, atol=4)


def test_too_few_groups_are_refused_by_name() -> None:
    with pytest.raises(CandidateRejected, match=r"evaluation\.folds 4 needs .* 3 groups of rows that are kept togeth"):
        folds(np.zeros(30, np.int64), np.arange(30) % 3, 4, seed=0)
    with pytest.raises(CandidateRejected, match=r"evaluation\.folds 4 needs .* 3 rows; lower it"):
        folds(np.zeros(3, np.int64), None, 4, seed=0)
