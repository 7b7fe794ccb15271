"""Several numbers, and several labels an example, from the file to the metrics."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from nas_core.api.evaluation import Evaluation
from nas_core.api.space import SearchSpaceSpec
from nas_core.api.task import Dataset, Task
from nas_core.spaces import get_space
from nas_model.networks.build import build_network
from nas_trial.data.load import load_examples
from nas_trial.learning_tasks import MultiLabel, Regression
from nas_trial.process.stop import StopFlag
from nas_trial.training.defaults import with_defaults
from nas_trial.training.engine import Engine
from nas_trial.training.hooks import Hooks
from nas_trial.training.progress import Progress
from nas_trial.training.recipe import Recipe
from nas_trial.training.schedule import make_optimizer
from nas_trial.training.train_state import TrainState

CPU = torch.device("cpu")
TABULAR = SearchSpaceSpec.model_validate({"name": "tabular"})


def train(task: Task, **settings: Any) -> dict[str, float]:
    examples = load_examples(task, None, 0, CPU, StopFlag())
    evaluation = with_defaults(Evaluation(epochs=12, batch_size=32, **settings), task.type)
    torch.manual_seed(0)
    architecture = get_space(TABULAR).sample(np.random.default_rng(1))
    network = build_network(TABULAR, architecture, examples.signature)
    state = TrainState(network, make_optimizer(network, evaluation))
    return Engine(state, examples, Recipe(evaluation, 0), CPU, Hooks()).train(Progress()).metrics


@pytest.fixture
def x() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(600, 4))


def test_several_numbers_are_learned_together(tmp_path: Path, x: np.ndarray) -> None:
    y = np.stack([1e6 + 1e3 * x[:, 0], 1e-3 * (x[:, 1] - x[:, 2])], 1)
    np.savez(tmp_path / "data.npz", x=x, y=y)
    found = train(Task(type="regression", dataset=Dataset(path=str(tmp_path / "data.npz"))))
    assert found["val_r2"] > 0.8 and found["train_r2"] > 0.5
    assert {name for name in found if name.startswith("val_")} == {f"val_{name}" for name in Regression.metric_names}


def test_several_labels_are_learned_together(tmp_path: Path, x: np.ndarray) -> None:
    y = np.stack([x[:, 0] > 0, x[:, 1] > 0.5, x[:, 2] + x[:, 3] > 1], 1)
    np.savez(tmp_path / "data.npz", x=x, y=y.astype(np.int64))
    task = Task(type="tabular-classification", dataset=Dataset(path=str(tmp_path / "data.npz")), multi_label=True)
    found = train(task, label_smoothing="0.1")
    # The last digits are the machine's; without learning it would be 0.5 at most.
    assert found["val_f1"] > 0.7 and found["val_subset_accuracy"] > 0.5
    assert {name for name in found if name.startswith("val_")} == {f"val_{name}" for name in MultiLabel.metric_names}
