from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from nas_model.signature import Signature
from nas_trial.data.examples import Examples, InMemory
from nas_trial.learning_tasks import Classification, LearningTask, Regression
from nas_trial.training.not_finite import remedy


def examples(inputs: dict[str, Tensor], targets: Tensor, task: LearningTask) -> Examples:
    """Return 60 examples, of which the last 20 are the validation split."""
    train, val = (InMemory({k: v[of] for k, v in inputs.items()}, targets[of]) for of in (slice(40), slice(40, 60)))
    return Examples(train, val, Signature(2), {}, task, ("0", "1"), "sha256:")


def normal(*shape: int) -> Tensor:
    return torch.from_numpy(np.random.default_rng(0).normal(size=shape).astype(np.float32))


@pytest.mark.parametrize(("name", "shape"), [("numeric", (60, 3)), ("series", (60, 3, 5))])
@pytest.mark.parametrize(("row", "split"), [(7, "training"), (50, "val")])
def test_a_column_or_channel_far_out_of_range_is_named(name: str, shape: tuple[int, ...], row: int, split: str) -> None:
    values = normal(*shape)
    values[row, 1] = 1e20
    said = remedy(examples({name: values}, torch.arange(60) % 2, Classification()), 0.1)
    assert said.startswith(f"{name} 2 reaches 1e+20 standard deviations from its mean in the {split} examples: clean")


def test_a_target_far_out_of_range_is_named() -> None:
    targets = torch.full((60,), 10.0, dtype=torch.float64)
    targets[50] = -1e25
    said = remedy(examples({"numeric": normal(60, 3)}, targets, Regression(10.0, 2.0)), 0.1)
    assert said.startswith("target 1 reaches 5e+24 standard deviations from its mean in the val examples")


@pytest.mark.parametrize("columns", [0, 3])
def test_else_it_is_the_learning_rate(columns: int) -> None:
    said = remedy(examples({"numeric": normal(60, columns)}, torch.arange(60) % 2, Classification()), 0.1)
    assert said == "lower evaluation.optimizer.learningRate (0.1)"
