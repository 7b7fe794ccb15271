from __future__ import annotations

import pytest
from benchmarks.supernet.shared import NETWORKS, amount, jobs

from nas_trial.supernet.methods import METHODS


@pytest.mark.parametrize("method", sorted(METHODS))
def test_all_methods_compute_about_as_many_networks(method: str) -> None:
    epochs, images = amount(method, 240_000, 50_000)
    assert images <= 50_000
    learned = epochs * images * (1 - METHODS[method].held_back) * NETWORKS[method]
    assert learned == pytest.approx(240_000, rel=0.001)


def test_the_first_of_each_kind_is_before_the_second_of_any() -> None:
    assert [job.seed for job in jobs(2, 1)] == sorted(job.seed for job in jobs(2, 1))
    assert {job.what for job in jobs(1, 0)} == {"alone", *METHODS}
