from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from tests.support.directory_store import DirectoryStore
from tests.support.trials import architecture
from torch import nn

from nas_core.api.evaluation import Evaluation, Optimizer
from nas_core.api.task import Dataset
from nas_trial import data
from nas_trial.checkpoint import Checkpoints, Progress
from nas_trial.engine import Engine, cosine, make_optimizer
from nas_trial.errors import CandidateRejected, Stopped
from nas_trial.networks.nas_bench_201 import NasBench201Network
from nas_trial.stop import StopFlag

CPU = torch.device("cpu")
EVALUATION = Evaluation(epochs=3, batch_size=32)
STEPS = 5


@pytest.fixture(scope="module")
def examples() -> data.Examples:
    return data.load(Dataset(name="digits", max_examples=210), None, 0, CPU, StopFlag())


class StopAfter(StopFlag):
    """Set when it has been looked at so many times."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.left = steps

    def is_set(self) -> bool:
        self.left -= 1
        return self.left < 0


def engine(
    examples: data.Examples,
    evaluation: Evaluation = EVALUATION,
    seed: int = 11,
    stop: StopFlag | None = None,
    report: Callable[..., None] = lambda **_: None,
) -> Engine:
    torch.manual_seed(seed)
    network = NasBench201Network(architecture("333333"), 1, 10, width=2, depth=1).to(memory_format=torch.channels_last)
    optimizer = make_optimizer(network, evaluation)
    return Engine(network, optimizer, examples, evaluation, seed, CPU, stop or StopFlag(), report, save=lambda _: None)


def weights(network: nn.Module) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in network.state_dict().items()}


def assert_same(one: nn.Module, other: nn.Module) -> None:
    others = other.state_dict()
    assert all(torch.equal(value, others[name]) for name, value in one.state_dict().items())


@pytest.mark.parametrize("optimizer", [Optimizer(), Optimizer(name="adamw", learning_rate="0.01")])
@pytest.mark.parametrize("stops", [[0], [STEPS], [7], [2, 1, STEPS, 3]], ids=str)
def test_resumed_training_equals_uninterrupted_training_bit_for_bit(
    stops: list[int], optimizer: Optimizer, examples: data.Examples, store: DirectoryStore
) -> None:
    evaluation = EVALUATION.model_copy(update={"optimizer": optimizer})
    undisturbed = engine(examples, evaluation)
    expected = undisturbed.train(Progress())

    for attempt, steps in enumerate([*stops, 10_000], start=1):
        checkpoints = Checkpoints(store, "t/checkpoints/", "bucket", attempt, "c")
        again = engine(examples, evaluation, stop=StopAfter(steps))
        again.save = lambda progress, c=checkpoints, e=again: c.save(e.network, e.optimizer, progress)
        start = checkpoints.resume(again.network, again.optimizer) or Progress()
        if steps < 10_000:
            with pytest.raises(Stopped):
                again.train(start)
        else:
            progress = again.train(start)

    assert_same(undisturbed.network, again.network)
    timeless = {name: value for name, value in expected.metrics.items() if name != "examples_per_second"}
    assert timeless == {name: value for name, value in progress.metrics.items() if name != "examples_per_second"}
    assert progress.epoch == 3


def test_the_seed_decides_everything(examples: data.Examples) -> None:
    one, again, other = engine(examples), engine(examples), engine(examples, seed=12)
    assert one.steps == STEPS
    for trained in (one, again, other):
        trained.train(Progress())
    assert_same(one.network, again.network)
    assert not torch.equal(
        one.network.state_dict()["classifier.weight"], other.network.state_dict()["classifier.weight"]
    )


def test_it_learns(examples: data.Examples) -> None:
    progress = engine(examples, Evaluation(epochs=15, batch_size=16)).train(Progress())
    assert progress.metrics["train_accuracy"] > 0.8
    assert progress.metrics["val_accuracy"] > 0.5
    assert 0 < progress.metrics["val_loss"] < 2.3
    assert progress.seconds > 0


def test_saving_and_reporting_every_epoch(examples: data.Examples) -> None:
    reported: list[dict[str, Any]] = []
    saved: list[Progress] = []
    trained = engine(examples, report=lambda **values: reported.append(values))
    trained.save = lambda progress: saved.append(replace(progress))
    trained.train(Progress())
    assert [(p.epoch, p.step) for p in saved] == [(1, 0), (2, 0), (3, 0)]
    assert [values["epoch"] for values in reported if "epoch" in values] == [0, 1, 2, 3]
    assert reported[-1].keys() >= {"train_loss", "train_accuracy", "val_loss", "val_accuracy", "examples_per_second"}


def test_a_long_epoch_shows_life(examples: data.Examples, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nas_trial.engine.REPORT_INTERVAL_S", 0.0)
    reported: list[dict[str, Any]] = []
    engine(examples, report=lambda **values: reported.append(values)).train(Progress())
    within = [values for values in reported if "learning_rate" in values]
    assert len(within) == 3 * STEPS
    assert within[0].keys() >= {"train_loss", "train_accuracy", "examples_per_second"}
    rates = [values["learning_rate"] for values in within]
    assert rates[0] == pytest.approx(0.1)
    assert rates == sorted(rates, reverse=True)


def test_a_stop_is_obeyed_before_the_next_step(examples: data.Examples) -> None:
    saved: list[Progress] = []
    stopped = engine(examples, stop=StopAfter(STEPS + 2))
    stopped.save = lambda progress: saved.append(replace(progress))
    with pytest.raises(Stopped):
        stopped.train(Progress())
    assert (saved[-1].epoch, saved[-1].step, saved[-1].sums["seen"]) == (1, 2, 64.0)


def test_a_loss_that_is_not_finite(examples: data.Examples) -> None:
    diverging = EVALUATION.model_copy(update={"optimizer": Optimizer(learning_rate="1e30")})
    with pytest.raises(CandidateRejected, match=r"loss is (nan|inf); lower .*learningRate \(1e30\)") as caught:
        engine(examples, diverging).train(Progress())
    assert caught.value.reason == "LossNotFinite"


def test_fewer_examples_than_a_batch(examples: data.Examples) -> None:
    small = engine(examples, Evaluation(epochs=1, batch_size=4096))
    assert (small.batch, small.steps) == (len(examples.train), 1)
    assert small.train(Progress()).epoch == 1


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_narrow_arithmetic(precision: Any, examples: data.Examples) -> None:
    narrow = engine(examples, Evaluation(epochs=1, batch_size=32, precision=precision))
    assert narrow.train(Progress()).metrics["val_loss"] > 0
    assert narrow.network.state_dict()["classifier.weight"].dtype == torch.float32


def test_cosine_goes_from_one_to_zero() -> None:
    assert [cosine(step, 4) for step in range(5)] == pytest.approx([1, 0.8535534, 0.5, 0.1464466, 0])


def test_optimisers() -> None:
    network = nn.Linear(2, 2)
    sgd = make_optimizer(network, Evaluation(optimizer=Optimizer(momentum="0.8", weight_decay="0.01")))
    assert isinstance(sgd, torch.optim.SGD)
    assert (sgd.defaults["lr"], sgd.defaults["momentum"], sgd.defaults["weight_decay"]) == (0.1, 0.8, 0.01)
    assert sgd.defaults["nesterov"] is True
    plain = make_optimizer(network, Evaluation(optimizer=Optimizer(momentum="0")))
    assert plain.defaults["nesterov"] is False
    adamw = make_optimizer(network, Evaluation(optimizer=Optimizer(name="adamw", learning_rate="0.001")))
    assert isinstance(adamw, torch.optim.AdamW)
    assert adamw.defaults["lr"] == 0.001
