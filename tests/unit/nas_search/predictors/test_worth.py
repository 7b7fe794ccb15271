from __future__ import annotations

import pytest

from nas_core.ranks import tau_interval
from nas_search.predictors.held_out import HeldOut
from nas_search.predictors.worth import SourceWorth, worst


def agreed(tau: float | None, count: int) -> HeldOut:
    return HeldOut(count, tau, None if tau is None else tau_interval(tau, count), 1.0)


@pytest.mark.parametrize(
    ("tau", "count", "contradicted"),
    [
        (None, 1, False),
        (-1.0, 4, False),  # too few results say nothing
        (-0.6, 10, True),
        (0.1, 10, False),  # it may still be that they agree
        (0.0, 25, True),
        (0.3, 100, False),
        (0.8, 10, False),
    ],
)
def test_what_results_contradict_is_dropped(tau: float | None, count: int, contradicted: bool) -> None:
    found = SourceWorth("first", agreed(0.6, 60), agreed(tau, count))
    assert found.contradicted is contradicted and found.used is not contradicted


def test_an_earlier_search_whose_own_results_cannot_be_ranked_is_not_used() -> None:
    assert not SourceWorth("first", agreed(0.05, 30), agreed(None, 0)).used


def test_the_objective_that_is_ranked_worst_counts() -> None:
    assert worst([agreed(0.8, 30), agreed(0.1, 30)]).tau == 0.1
    assert worst([agreed(0.8, 30), agreed(None, 30)]).tau is None
