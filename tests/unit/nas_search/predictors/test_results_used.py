from __future__ import annotations

import numpy as np

from nas_search.predictors.results_used import fitted_to, subset


def test_the_kernel_is_fitted_ever_more_seldom() -> None:
    counts = [fitted_to(n) for n in range(1, 5001)]
    assert counts[:30] == list(range(1, 31))
    assert all(n / 1.1 - 1 <= fitted <= n for n, fitted in enumerate(counts, start=1))
    assert len(set(counts)) < 100


def test_the_best_are_used_and_some_of_all_others() -> None:
    values = np.random.default_rng(0).normal(size=1000)
    used = subset(values, 100)
    assert len(set(used.tolist())) == 100 and (np.diff(used) > 0).all()
    assert set(np.argsort(-values)[:50]) <= set(used.tolist())
    assert used[:3].min() < 50 and used[-3:].max() > 950
    assert subset(values[:7], 100).tolist() == list(range(7))
