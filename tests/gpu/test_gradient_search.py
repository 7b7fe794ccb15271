"""Searches by gradients on a GPU: narrow arithmetic, a path's memory, and a search that goes on."""

from __future__ import annotations

import pytest
import torch

from nas_core.api.evaluation import Evaluation
from nas_core.api.gradient import Darts, DrNas, Gdas, Gradient, PcDarts
from nas_core.api.space import SearchSpaceSpec
from nas_core.api.task import Dataset, Task
from nas_trial.data.examples import Examples
from nas_trial.data.load import load_examples
from nas_trial.process.device import pick_device
from nas_trial.process.stop import StopFlag
from nas_trial.supernet.gradient.run import prepare
from nas_trial.training.checkpoint import copy_state
from nas_trial.training.defaults import with_defaults
from nas_trial.training.engine import Engine
from nas_trial.training.hooks import Hooks
from nas_trial.training.progress import Progress
from nas_trial.training.recipe import Recipe
from nas_trial.training.train_state import unpack

SETTINGS = [
    Darts(epochs=2, order="second"),
    Darts(epochs=2, perturbation="adversarial", auxiliary_skip=True, eigenvalue_stop=True),
    PcDarts(epochs=2),
    Gdas(epochs=2),
    DrNas(epochs=2),
]


@pytest.fixture(scope="module")
def gpu() -> torch.device:
    return pick_device()


@pytest.fixture(scope="module")
def examples(gpu: torch.device) -> Examples:
    return load_examples(Task(dataset=Dataset(name="digits")), None, 0, gpu, StopFlag())


def engine(
    settings: Gradient, examples: Examples, gpu: torch.device, width: int = 8, precision: str = "auto"
) -> Engine:
    fields = {"epochs": 2, "batch_size": 128, "precision": precision, "augmentation": ["crop"]}
    evaluation = with_defaults(Evaluation.model_validate(fields), "image-classification")
    space = SearchSpaceSpec(name="nas-bench-201", width=width, depth=1)
    made = prepare(space, settings, examples, Recipe(evaluation, 7), gpu)
    return Engine(made.state, made.examples, made.recipe, gpu, Hooks())


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda settings: type(settings).__name__)
def test_it_learns_weights_and_architecture(settings: Gradient, examples: Examples, gpu: torch.device) -> None:
    made = engine(settings, examples, gpu)
    first = made.rule.state()["alpha.cell"].clone()

    progress = made.train(Progress())

    assert progress.metrics["train_loss"] < 2.3
    assert made.rule.state()["alpha.cell"].isfinite().all()
    assert not torch.equal(made.rule.state()["alpha.cell"], first)


def test_a_checkpoint_is_put_back_on_the_gpu(examples: Examples, gpu: torch.device) -> None:
    one, other = (engine(Gdas(epochs=2), examples, gpu) for _ in range(2))
    progress = one.train(Progress())

    unpack(copy_state(one.state, progress).tensors, other.state)

    tensors = copy_state(other.state, progress).tensors
    assert all(torch.equal(value, tensors[name]) for name, value in copy_state(one.state, progress).tensors.items())


def test_a_path_takes_the_memory_of_one_option(examples: Examples, gpu: torch.device) -> None:
    peaks = []
    for settings in (Darts(epochs=1), Gdas(epochs=1)):
        made = engine(settings, examples, gpu, width=64)
        torch.cuda.reset_peak_memory_stats(gpu)
        before = torch.cuda.memory_allocated(gpu)
        made.train(Progress())
        peaks.append(torch.cuda.max_memory_allocated(gpu) - before)

    assert peaks[1] < 0.6 * peaks[0]
