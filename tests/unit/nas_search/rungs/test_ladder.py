from __future__ import annotations

from itertools import pairwise

import pytest

from nas_core.api.strategy import Rungs
from nas_search import Ladder


def ladder(scheduler: str, epochs: int, **settings: int) -> Ladder:
    return Ladder.of(Rungs.model_validate({scheduler: {}, **settings}), epochs)


@pytest.mark.parametrize(
    ("least", "reduction", "epochs", "rungs"),
    [
        (1, 3, 81, (1, 3, 9, 27, 81)),
        (1, 3, 10, (1, 3, 10)),
        (3, 3, 10, (3, 10)),
        (12, 16, 200, (12, 200)),
        (1, 2, 7, (1, 3, 7)),
        (5, 3, 10, (10,)),
    ],
)
def test_the_rungs_end_at_training_in_full(least: int, reduction: int, epochs: int, rungs: tuple[int, ...]) -> None:
    assert ladder("asha", epochs, minEpochs=least, reductionFactor=reduction).epochs == rungs


def test_hyperbands_brackets_are_those_of_the_paper() -> None:
    # Table 1 of Li et al. 2018: R = 81, eta = 3.
    steps = ladder("hyperband", 81)
    brackets = list(steps.brackets(81 + 34 + 15 + 8 + 5))
    assert [(b.end - b.first, steps.epochs[b.lowest]) for b in brackets] == [
        (81, 1),
        (34, 3),
        (15, 9),
        (8, 27),
        (5, 81),
    ]


@pytest.mark.parametrize("scheduler", ["asha", "successiveHalving", "hyperband"])
def test_brackets_have_every_candidate_once_and_say_where_it_begins(scheduler: str) -> None:
    steps = ladder(scheduler, 9)
    brackets = list(steps.brackets(50))
    assert brackets[0].first == 0 and brackets[-1].end == 50
    assert all(one.end == other.first for one, other in pairwise(brackets))
    for bracket in brackets:
        assert {steps.first_epochs(i) for i in range(bracket.first, bracket.end)} == {steps.epochs[bracket.lowest]}
