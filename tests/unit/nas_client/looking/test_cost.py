"""How many candidates are proposed for a time: more for more time, fewer for more or larger examples."""

from __future__ import annotations

from datetime import timedelta
from typing import get_args

import pytest

from nas_client.looking import Seen
from nas_client.looking.cost import FEWEST, MOST, STEP_S, reckon
from nas_core.api.task import Task

HOUR = timedelta(hours=1)


def images(examples: int, pixels: int | None = None) -> Seen:
    return Seen("image-folder", "image-classification", examples, pixels=pixels)


def test_each_task_has_a_cost() -> None:
    assert STEP_S.keys() == set(get_args(Task.model_fields["type"].annotation))


@pytest.mark.parametrize("task", STEP_S)
def test_the_number_is_within_bounds(task: str) -> None:
    for examples, time in ((2, timedelta(seconds=1)), (1_000_000, HOUR), (100, timedelta(days=9))):
        assert FEWEST <= reckon(Seen("csv", task, examples), task, time).trials <= MOST


def test_it_follows_time_examples_and_pixels() -> None:
    task = "image-classification"
    usual = reckon(images(2000), task, HOUR)
    assert reckon(images(2000), task, HOUR / 4).trials < usual.trials
    assert reckon(images(20_000), task, HOUR).seconds > 3 * usual.seconds
    assert reckon(images(2000, 64 * 64), task, HOUR).seconds > 3 * usual.seconds
    assert reckon(images(2000, 32 * 32), task, HOUR) == usual


def test_it_says_how_it_was_reckoned() -> None:
    # 1,280 to train on: 15 epochs of 20 steps with 64 examples.
    said = reckon(images(2000), "image-classification", HOUR).words
    assert "6 s, and 15 epochs of 20 steps of 0.13 s with 64 examples each; 2 at a time" in said
    assert "takes longer" in reckon(Seen("csv", "regression", 500, complete=False), "regression", HOUR).words
