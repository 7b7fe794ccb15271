from __future__ import annotations

from itertools import pairwise

import pytest

from nas_trial.training.pace import Pace, step_ends


@pytest.mark.parametrize(
    ("examples", "batch", "sizes"),
    [
        (255, 128, [128, 127]),
        (256, 128, [128, 128]),
        (129, 128, [65, 64]),
        (7, 3, [3, 2, 2]),
        (3, 2, [3]),
        (5, 2, [3, 2]),
        (1, 1, [1]),
        (3, 1, [1, 1, 1]),
    ],
)
def test_every_example_is_in_a_batch_and_none_is_alone(examples: int, batch: int, sizes: list[int]) -> None:
    ends = step_ends(examples, batch)
    assert [end - start for start, end in pairwise([0, *ends])] == sizes


def test_pace() -> None:
    pace = Pace()
    assert not pace.due(1e6) and pace.due(0)
    with pace.waiting():
        pace.examples += 10
    found = pace.metrics()
    assert found["examples_per_second"] > 0 and 0 < found["device_wait_share"] <= 1
