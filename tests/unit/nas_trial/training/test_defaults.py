"""What a search leaves open. `make bench-recipes` tries every space with all defaults; here is the kind that failed."""

from __future__ import annotations

import math
from typing import get_args

import numpy as np
import pytest
import torch
from benchmarks.recipes.__main__ import SPACES, train

from nas_core.api.evaluation import Evaluation, Optimizer
from nas_core.api.space import SearchSpaceSpec
from nas_core.api.space_names import SpaceName
from nas_core.api.task import Dataset, Task
from nas_core.spaces import get_space
from nas_trial.data.load import load_examples
from nas_trial.process.stop import StopFlag
from nas_trial.training.defaults import with_defaults

TABULAR = SearchSpaceSpec.model_validate({"name": "tabular"})


@pytest.mark.parametrize(
    ("task", "given", "expected"),
    [
        ("image-classification", Optimizer(), ("sgd", "0.1", "0.0005", "0")),
        ("image-classification", Optimizer(name="adamw"), ("adamw", "0.001", "0.01", "1")),
        ("regression", Optimizer(), ("adamw", "0.001", "0.01", "1")),
        ("text-classification", Optimizer(learning_rate="0.01"), ("adamw", "0.01", "0.01", "1")),
        ("audio-classification", Optimizer(name="sgd", clip_norm="5"), ("sgd", "0.1", "0.0005", "5")),
    ],
)
def test_what_is_absent_follows_from_the_task_and_the_optimiser(
    task: str, given: Optimizer, expected: tuple[str, ...]
) -> None:
    found = with_defaults(Evaluation(optimizer=given), task).optimizer
    assert (found.name, found.learning_rate, found.weight_decay, found.clip_norm) == expected
    assert with_defaults(Evaluation(optimizer=found), task).optimizer == found


def test_the_transformers_of_a_default_regression_end_finite() -> None:
    """With SGD at 0.1, which was the default of everything, none of them did."""
    task = Task(type="regression", dataset=Dataset(name="diabetes", max_examples=150))
    examples = load_examples(task, None, 0, torch.device("cpu"), StopFlag())
    evaluation = with_defaults(Evaluation(epochs=3), task.type)
    space, seeds = get_space(TABULAR), range(30)
    transformers = [seed for seed in seeds if space.sample(np.random.default_rng(seed))["kind"] == "ft-transformer"][:4]
    values = [train(TABULAR, examples, evaluation, seed) for seed in transformers]
    assert len(values) == 4 and all(value is not None and math.isfinite(value) for value in values)


def test_the_measurement_tries_every_space() -> None:
    assert {name for name, _ in SPACES.values()} == set(get_args(SpaceName))
