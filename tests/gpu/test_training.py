"""The engine on a GPU: narrow arithmetic, running out of memory, and what memory it takes."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from tests.support.trials import architecture
from torch import nn

from nas_core.api.evaluation import Evaluation
from nas_core.api.task import Dataset, Task
from nas_model.networks.nas_bench_201 import NasBench201Network
from nas_trial.data.examples import Examples
from nas_trial.data.load import load_examples
from nas_trial.process.device import pick_device
from nas_trial.process.stop import StopFlag
from nas_trial.training.defaults import with_defaults
from nas_trial.training.engine import Engine
from nas_trial.training.hooks import Hooks
from nas_trial.training.progress import Progress
from nas_trial.training.recipe import Recipe
from nas_trial.training.schedule import make_optimizer
from nas_trial.training.train_state import TrainState

MIB = 2**20
BALLAST = 4 * MIB
"""Bytes that `Wasteful` takes for an example, twice."""


@pytest.fixture(scope="module")
def gpu() -> torch.device:
    return pick_device()


@pytest.fixture(scope="module")
def examples(gpu: torch.device) -> Examples:
    return load_examples(Task(dataset=Dataset(name="digits")), None, 0, gpu, StopFlag())


def engine(network: nn.Module, examples: Examples, gpu: torch.device, evaluation: Evaluation) -> Engine:
    network = network.to(gpu).to(memory_format=torch.channels_last)
    evaluation = with_defaults(evaluation, "image-classification")
    state = TrainState(network, make_optimizer(network, evaluation))
    return Engine(state, examples, Recipe(evaluation, 7), gpu, Hooks())


def cell(width: int = 8) -> nn.Module:
    torch.manual_seed(0)
    return NasBench201Network(architecture("333333"), 1, 10, width=width, depth=1)


class Wasteful(nn.Module):
    """A linear network that keeps `BALLAST` bytes of each example for the backward pass."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layer, self.scale = nn.Linear(64, 10), nn.Parameter(torch.zeros(()))

    def forward(self, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        x = inputs["image"].flatten(1)
        ballast = torch.ones(len(x), BALLAST // 4, device=x.device) * self.scale
        out: torch.Tensor = self.layer(x) + 0 * ballast.mean(1, keepdim=True)
        return out


@pytest.fixture
def scarce(gpu: torch.device) -> Iterator[None]:
    """Let PyTorch have 1 GiB more than it holds now."""
    gc.collect()
    torch.cuda.empty_cache()
    total = torch.cuda.get_device_properties(gpu).total_memory
    torch.cuda.set_per_process_memory_fraction((torch.cuda.memory_reserved(gpu) + 1024 * MIB) / total)
    yield
    torch.cuda.set_per_process_memory_fraction(1.0)


@pytest.mark.parametrize("precision", ["auto", "bfloat16", "float16", "float32"])
def test_it_learns(precision: Any, examples: Examples, gpu: torch.device) -> None:
    assert examples.train.in_order().device.type == "cuda"
    trained = engine(cell(), examples, gpu, Evaluation(epochs=10, batch_size=64, precision=precision))
    if precision == "auto":
        ampere = torch.cuda.get_device_capability(gpu) >= (8, 0)
        assert trained.dtype == (torch.bfloat16 if ampere else torch.float16)
    progress = trained.train(Progress())
    assert progress.metrics["val_accuracy"] > 0.9
    assert {weight.dtype for weight in trained.state.network.parameters()} == {torch.float32}


def test_out_of_memory_it_takes_smaller_parts(examples: Examples, gpu: torch.device, scarce: None) -> None:
    """512 examples want 4 GiB and more where there is one; 32 a quarter of one."""
    given = Evaluation(epochs=2, batch_size=512, precision="float32")
    found = engine(Wasteful(), examples, gpu, given).train(Progress())
    assert 16 <= found.metrics["micro_batch"] <= 128
    small = given.model_copy(update={"accumulation": 32})
    expected = engine(Wasteful(), examples, gpu, small).train(Progress())
    assert "micro_batch" not in expected.metrics
    assert found.metrics["val_loss"] == pytest.approx(expected.metrics["val_loss"], rel=1e-3)


def test_accumulation_saves_memory(examples: Examples, gpu: torch.device) -> None:
    peaks = []
    for parts in (1, 8):
        given = Evaluation(epochs=1, batch_size=1024, accumulation=parts, precision="float32")
        made = engine(cell(width=64), examples, gpu, given)
        torch.cuda.reset_peak_memory_stats(gpu)
        before = torch.cuda.memory_allocated(gpu)
        with torch.backends.cudnn.flags(benchmark=False):  # which takes memory to try algorithms
            made.train(Progress())
        peaks.append(torch.cuda.max_memory_allocated(gpu) - before)
    assert peaks[1] < peaks[0] / 2


def test_activation_checkpointing_saves_memory_and_learns_the_same(examples: Examples, gpu: torch.device) -> None:
    peaks, losses = [], []
    for again in (False, True):
        given = Evaluation(epochs=1, batch_size=1024, precision="float32", activation_checkpointing=again)
        torch.manual_seed(0)
        network = NasBench201Network(architecture("333333"), 1, 10, width=64, depth=4)
        made = engine(network, examples, gpu, given)
        torch.cuda.reset_peak_memory_stats(gpu)
        before = torch.cuda.memory_allocated(gpu)
        with torch.backends.cudnn.flags(benchmark=False, deterministic=True):
            losses.append(made.train(Progress()).metrics["val_loss"])
        peaks.append(torch.cuda.max_memory_allocated(gpu) - before)
    assert peaks[1] < peaks[0] / 2
    assert losses[1] == pytest.approx(losses[0], rel=1e-3)


def test_judging_takes_as_many_examples_as_memory_allows(examples: Examples, gpu: torch.device, scarce: None) -> None:
    """All validation examples at once would need more than there is; one after the other would be slow."""
    given = Evaluation(epochs=1, batch_size=32, precision="float32")
    made = engine(Wasteful(), examples, gpu, given)
    found = made.train(Progress()).metrics
    assert 16 <= made.validator.most <= 128
    assert "micro_batch" not in found, "training had room"


def test_the_share_of_time_that_the_gpu_waited_is_told(examples: Examples, gpu: torch.device) -> None:
    found = engine(cell(), examples, gpu, Evaluation(epochs=2, batch_size=64)).train(Progress()).metrics
    assert 0 <= found["device_wait_share"] < 0.5
    assert found["examples_per_second"] > 0


def test_one_candidate_after_the_other_takes_no_more_memory(examples: Examples, gpu: torch.device) -> None:
    held = []
    for _ in range(3):
        engine(cell(), examples, gpu, Evaluation(epochs=1, batch_size=64)).train(Progress())
        gc.collect()
        held.append(torch.cuda.memory_allocated(gpu))
    assert held[2] == held[1]
