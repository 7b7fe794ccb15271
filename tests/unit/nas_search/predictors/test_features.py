from __future__ import annotations

import numpy as np
import pytest

from nas_core.api.trial import CandidateSpec
from nas_core.spaces import SearchSpace
from nas_core.spaces.decisions import Choice, Integer, Real, Subset, when
from nas_search.predictors.features import Features

SPACE = SearchSpace(
    "space",
    [
        Choice("op", options=("a", "b", "c")),
        Integer("layers", low=0, high=4),
        Real("rate", 0.01, 1.0, log=True),
        Subset("inputs", members=("x", "y", "z", "w")),
        Choice("kernel", options=("3", "5"), when=when("op", "a")),
        Integer("groups", low=0, high=2, when=when("op", "b")),
    ],
)
BASE = {"op": "c", "layers": "0", "rate": "0.01", "inputs": "x+y"}


@pytest.mark.parametrize(
    ("changes", "distance"),
    [
        ({}, 0.0),
        ({"layers": "4"}, 2.0),
        ({"layers": "2"}, 0.25 + 0.5),
        ({"rate": "1"}, 2.0),
        ({"rate": "0.1"}, 0.25 + 0.5),
        ({"inputs": "x"}, 0.25),
        ({"inputs": "z+w"}, 1.0),
        ({"op": "a", "kernel": "3"}, 2.0),
        ({"op": "b", "groups": "0"}, 3.0),
    ],
)
def test_each_part_adds_between_0_and_1(changes: dict[str, str], distance: float) -> None:
    one, other = Features(SPACE).rows([BASE, {**BASE, **changes}])
    assert ((one - other) ** 2).sum() == pytest.approx(distance)


def test_two_options_of_a_conditional_choice_are_as_far_apart_as_it_is_from_nothing() -> None:
    rows = Features(SPACE).rows([{**BASE, "op": "a", "kernel": kernel} for kernel in ("3", "5")])
    assert ((rows[0] - rows[1]) ** 2).sum() == pytest.approx(1.0)


def test_every_column_has_its_part() -> None:
    features = Features(SPACE)
    assert features.rows([]).shape == (0, len(features.owners))
    assert np.bincount(features.owners).tolist() == [3, 1, 4, 1, 16, 4, 3, 2, 3]


def test_what_is_remembered_is_of_that_encoding() -> None:
    features, other = Features(SPACE), {**BASE, "layers": "4"}
    twins = [CandidateSpec(id="same", architecture=values, origin="Random") for values in (BASE, other)]
    for _ in range(2):
        assert (features.remembered(twins) == features.rows([BASE, other])).all()
