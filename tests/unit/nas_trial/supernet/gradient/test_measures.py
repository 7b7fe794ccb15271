from __future__ import annotations

import math

import pytest
import torch

from nas_trial.supernet.gradient.cells import MixedCell
from nas_trial.supernet.gradient.measures import conflict, entropy, probabilities

CELL = MixedCell("normal", ("0-1", "0-2", "1-2"), ("skip_connect", "conv_3x3"))


def test_the_entropy_goes_from_the_logarithm_of_the_options_to_0() -> None:
    assert entropy({"a": torch.full((3, 4), 0.25), "b": torch.full((1, 4), 0.25)}) == pytest.approx(math.log(4))
    assert entropy({"a": torch.eye(4)}) == 0
    # The mean over all edges, not over cells.
    assert entropy({"a": torch.eye(2)[:1], "b": torch.full((3, 2), 0.5)}) == pytest.approx(0.75 * math.log(2))


def test_the_conflict_is_0_where_gradients_agree_and_1_where_they_are_opposite() -> None:
    one = torch.tensor([1.0, 2.0])

    assert [conflict(one, other) for other in (3 * one, -one, torch.tensor([2.0, -1.0]), 0 * one)] == pytest.approx(
        [0, 1, 0.5, 0.5], abs=1e-6
    )


def test_each_probability_is_a_metric_if_there_are_few() -> None:
    shown = probabilities([CELL], {"normal": torch.tensor([[0.25, 0.75], [1.0, 0.0], [0.5, 0.5]])})

    assert len(shown) == 6
    assert shown["alpha_normal_0_1_conv_3x3"] == 0.75 and shown["alpha_normal_0_2_skip_connect"] == 1
    assert probabilities([CELL], {"normal": torch.ones(33, 2)}) == {}
