from __future__ import annotations

from itertools import pairwise

import pytest

from nas_trial.training.save_interval import MOST_SHARE, SaveInterval


def saves(
    interval: SaveInterval, until: float, step_s: float, held_s: float = 0.0, stored_s: float = 0.0
) -> list[float]:
    """Return when copies are made, where each step takes so long and each checkpoint costs the same."""
    found, now = [], 0.0
    while now < until:
        if interval.due(now):
            found.append(now)
            interval.saved(now)
            interval.cost(held_s, stored_s)
        now += step_s
    return found


@pytest.mark.parametrize("step_s", [0.25, 1.0, 4.0, 7.0])
@pytest.mark.parametrize("stored_s", [0.0, 2.0])
def test_a_kill_at_any_moment_loses_no_more_than_is_wanted(step_s: float, stored_s: float) -> None:
    interval = SaveInterval(30.0, now=0.0)
    made = saves(interval, 600.0, step_s, held_s=0.01, stored_s=stored_s)
    # Just before a copy is stored, the training since the one before is lost. The first cost nobody knows.
    lost = [after + stored_s - before for before, after in pairwise(made)]
    assert lost and max(lost) <= 30.0
    assert min(lost) > 30.0 - stored_s - 2 * step_s, "nor are there more than it takes"
    assert interval.stretched_s == 0


def test_what_holds_training_up_is_done_seldom_and_that_is_told() -> None:
    interval = SaveInterval(30.0, now=0.0)
    made = saves(interval, 1000.0, 1.0, held_s=3.0, stored_s=3.0)
    assert [after - before for before, after in pairwise(made)] == [59.0] * (len(made) - 1)
    assert 60.0 * MOST_SHARE >= 3.0
    assert interval.stretched_s == 63.0


def test_one_write_is_over_before_the_next_begins() -> None:
    interval = SaveInterval(30.0, now=0.0)
    made = saves(interval, 1000.0, 1.0, held_s=0.1, stored_s=40.0)
    assert min(after - before for before, after in pairwise(made)) == 39.0
    assert interval.stretched_s == 80.0


def test_judging_between_two_epochs_is_no_step() -> None:
    interval = SaveInterval(30.0, now=0.0)
    assert not interval.due(1.0)
    interval.saved(100.0)  # at the end of the epoch
    assert not interval.due(100.1)
    assert not interval.due(101.1)
