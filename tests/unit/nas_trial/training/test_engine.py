from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from tests.support.stop_after import StopAfter
from tests.support.trials import architecture
from tests.support.whole_split import whole
from torch import nn

from nas_core.api.evaluation import Evaluation, Optimizer
from nas_core.api.strategy import Objective
from nas_core.api.task import Dataset, Task
from nas_model.networks.nas_bench_201 import NasBench201Network
from nas_storage.directory_store import DirectoryStore
from nas_trial.data.examples import Examples
from nas_trial.data.load import load_examples
from nas_trial.errors import CandidateRejected, Stopped
from nas_trial.process.stop import StopFlag
from nas_trial.training.checkpoint import Checkpoints, copy_state
from nas_trial.training.defaults import with_defaults
from nas_trial.training.ema import Ema
from nas_trial.training.engine import Engine, draw_seed
from nas_trial.training.hooks import Hooks
from nas_trial.training.progress import Progress
from nas_trial.training.recipe import Recipe
from nas_trial.training.regularize import add_dropout
from nas_trial.training.schedule import make_optimizer
from nas_trial.training.train_state import TrainState, pack, unpack

CPU = torch.device("cpu")
EVALUATION = with_defaults(Evaluation(epochs=3, batch_size=32), "image-classification")
STEPS = 6
"""Of 168 training examples or so, in batches of at most 32."""
TIMED = ("examples_per_second", "device_wait_share")


@pytest.fixture(scope="module")
def examples() -> Examples:
    return load_examples(Task(dataset=Dataset(name="digits", max_examples=210)), None, 0, CPU, StopFlag())


def engine(
    examples: Examples,
    evaluation: Evaluation = EVALUATION,
    seed: int = 11,
    stop: StopFlag | None = None,
    report: Callable[..., None] = lambda **_: None,
) -> Engine:
    torch.manual_seed(seed)
    network = NasBench201Network(architecture("333333"), 1, 10, width=2, depth=1).to(memory_format=torch.channels_last)
    add_dropout(network, float(evaluation.dropout), 10)
    ema = Ema(network, float(evaluation.average_decay)) if float(evaluation.average_decay) else None
    evaluation = with_defaults(evaluation, "image-classification")
    state = TrainState(network, make_optimizer(network, evaluation), ema)
    return Engine(state, examples, Recipe(evaluation, seed), CPU, Hooks(stop or StopFlag(), report))


def learn(trained: Engine, network: nn.Module) -> None:
    """Put another network into an engine's place."""
    trained.forward = network
    trained.state = TrainState(network, make_optimizer(network, EVALUATION))


def weights(network: nn.Module) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in network.state_dict().items()}


def assert_same(one: nn.Module, other: nn.Module) -> None:
    others = other.state_dict()
    assert all(torch.equal(value, others[name]) for name, value in one.state_dict().items())


EVERYTHING = Evaluation(
    epochs=3,
    batch_size=32,
    accumulation=2,
    optimizer=Optimizer(warmup_epochs=1, clip_norm="1"),
    label_smoothing="0.1",
    dropout="0.2",
    augmentation=["crop", "flip"],
    mixup="0.2",
    cutmix="1",
    average_decay="0.9",
)


COLOURFUL = Evaluation(
    epochs=3,
    batch_size=32,
    augmentation=["rand-augment", "color-jitter", "resized-crop", "flip", "random-erasing"],
)


@pytest.mark.parametrize(
    "evaluation",
    [
        EVALUATION,
        EVALUATION.model_copy(update={"optimizer": Optimizer(name="adamw", learning_rate="0.01")}),
        EVERYTHING,
        COLOURFUL,
    ],
    ids=["sgd", "adamw", "everything", "colourful"],
)
@pytest.mark.parametrize("stops", [[0], [STEPS], [7], [2, 1, STEPS, 3]], ids=str)
def test_resumed_training_equals_uninterrupted_training_bit_for_bit(
    stops: list[int], evaluation: Evaluation, examples: Examples, store: DirectoryStore
) -> None:
    undisturbed = engine(examples, evaluation)
    expected = undisturbed.train(Progress())

    for attempt, steps in enumerate([*stops, 10_000], start=1):
        checkpoints = Checkpoints(store, "t/checkpoints/", "bucket", attempt, "c")
        again = engine(examples, evaluation, stop=StopAfter(steps))
        again.hooks.save = lambda progress, c=checkpoints, e=again: c.save(copy_state(e.state, progress))  # type: ignore[misc]
        start = checkpoints.resume(again.state) or Progress()
        if steps < 10_000:
            with pytest.raises(Stopped):
                again.train(start)
        else:
            progress = again.train(start)

    assert_same(undisturbed.state.network, again.state.network)
    if undisturbed.state.ema and again.state.ema:
        assert_same(undisturbed.state.ema.network, again.state.ema.network)
    timeless = {name: value for name, value in expected.metrics.items() if name not in TIMED}
    assert timeless == {name: value for name, value in progress.metrics.items() if name not in TIMED}
    assert progress.epoch == 3


@pytest.mark.parametrize("evaluation", [EVALUATION, EVERYTHING], ids=["sgd", "everything"])
def test_a_checkpoint_within_an_epoch_changes_nothing_and_whoever_goes_on_from_it_ends_the_same(
    evaluation: Evaluation, examples: Examples, store: DirectoryStore
) -> None:
    undisturbed = engine(examples, evaluation)
    expected = undisturbed.train(Progress())
    saving, left = engine(examples, evaluation), []
    saving.hooks.due = lambda: True
    saving.hooks.save = lambda progress: left.append(copy_state(saving.state, progress))
    saving.train(Progress())
    assert_same(undisturbed.state.network, saving.state.network)
    places = [(copy.progress.epoch, copy.progress.step) for copy in left]
    assert places == sorted([*((e, s) for e in range(3) for s in range(STEPS)), (1, 0), (2, 0), (3, 0)])

    for number, copy in enumerate(left[2:-1:4]):
        checkpoints = Checkpoints(store, f"t{number}/checkpoints/", "bucket", 1, "c")
        checkpoints.save(copy)
        again = engine(examples, evaluation)
        start = checkpoints.resume(again.state)
        assert start
        progress = again.train(start)
        assert_same(undisturbed.state.network, again.state.network)
        assert_same(undisturbed.state.judged, again.state.judged)
        assert {name: value for name, value in expected.metrics.items() if name not in TIMED} == {
            name: value for name, value in progress.metrics.items() if name not in TIMED
        }


def test_a_scale_of_gradients_grows_at_the_same_step_when_gone_on_with(
    examples: Examples, monkeypatch: pytest.MonkeyPatch
) -> None:
    """float16 has a scale that doubles after so many good steps, which a checkpoint has to count."""
    evaluation = EVALUATION.model_copy(update={"precision": "float16"})

    def scaled(stop: StopFlag | None = None) -> Engine:
        made = engine(examples, evaluation, stop=stop)
        made.scaler.set_growth_interval(STEPS + 2)
        return made

    undisturbed = scaled()
    expected = undisturbed.train(Progress())
    assert expected.scale == 2.0**16 * 4, "18 steps: it has doubled twice"
    stopped = scaled(StopAfter(STEPS + 1))
    with pytest.raises(Stopped):
        stopped.train(progress := Progress())
    assert progress.scale_steps == STEPS + 1
    again = scaled()
    unpack(pack(stopped.state), again.state)
    assert again.train(progress).scale == expected.scale
    assert_same(undisturbed.state.network, again.state.network)


def test_nobody_goes_on_from_weights_that_are_lost(examples: Examples) -> None:
    trained = engine(examples)
    trained.hooks.due = lambda: True
    saved: list[Progress] = []
    trained.hooks.save = saved.append
    with torch.no_grad():
        next(trained.state.network.parameters()).fill_(torch.nan)
    with pytest.raises(CandidateRejected, match="the training loss is nan"):
        trained.train(Progress())
    assert len(saved) == 1, "the one before the first step"


def test_the_seed_decides_everything(examples: Examples) -> None:
    one, again, other = engine(examples), engine(examples), engine(examples, seed=12)
    assert one.steps == STEPS
    for trained in (one, again, other):
        trained.train(Progress())
    assert_same(one.state.network, again.state.network)
    assert not torch.equal(
        one.state.network.state_dict()["classifier.weight"], other.state.network.state_dict()["classifier.weight"]
    )


def test_it_learns(examples: Examples) -> None:
    progress = engine(examples, Evaluation(epochs=15, batch_size=16)).train(Progress())
    # Machines and numbers of threads differ in the last digits; one class of ten is right by chance.
    assert progress.metrics["train_accuracy"] > 0.6
    assert progress.metrics["val_accuracy"] > 0.4
    assert 0 < progress.metrics["val_loss"] < 2.3
    assert progress.seconds > 0


def test_saving_and_reporting_every_epoch(examples: Examples) -> None:
    reported: list[dict[str, Any]] = []
    saved: list[Progress] = []
    trained = engine(examples, report=lambda **values: reported.append(values))
    trained.hooks.save = lambda progress: saved.append(replace(progress))
    trained.train(Progress())
    assert [(p.epoch, p.step) for p in saved] == [(1, 0), (2, 0), (3, 0)]
    assert [values["epoch"] for values in reported if "epoch" in values] == [0, 1, 2, 3]
    assert reported[-1].keys() >= {"train_loss", "train_accuracy", "val_loss", "val_accuracy", "examples_per_second"}


def test_a_long_epoch_shows_life(examples: Examples, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nas_trial.training.engine.REPORT_INTERVAL_S", 0.0)
    reported: list[dict[str, Any]] = []
    engine(examples, report=lambda **values: reported.append(values)).train(Progress())
    within = [values for values in reported if "learning_rate" in values]
    assert len(within) == 3 * STEPS
    assert within[0].keys() >= {"train_loss", "train_accuracy", "examples_per_second"}
    rates = [values["learning_rate"] for values in within]
    assert rates[0] == pytest.approx(0.1)
    assert rates == sorted(rates, reverse=True)


def test_a_stop_is_obeyed_before_the_next_step(examples: Examples) -> None:
    saved: list[Progress] = []
    stopped = engine(examples, stop=StopAfter(STEPS + 2))
    stopped.hooks.save = lambda progress: saved.append(replace(progress))
    with pytest.raises(Stopped):
        stopped.train(Progress())
    assert (saved[-1].epoch, saved[-1].step, saved[-1].sums["seen"]) == (1, 2, stopped.ends[1])


def test_a_loss_that_is_not_finite(examples: Examples) -> None:
    diverging = EVALUATION.model_copy(update={"optimizer": Optimizer(learning_rate="1e30")})
    with pytest.raises(CandidateRejected, match=r"loss is (nan|inf); lower .*learningRate \(1e\+30\)") as caught:
        engine(examples, diverging).train(Progress())
    assert caught.value.reason == "LossNotFinite"


def test_values_far_out_of_range_are_named_as_the_cause(examples: Examples) -> None:
    mean, deviation = examples.scales["image"]
    narrow = replace(examples, scales={"image": (mean, deviation * 1e-5)})
    diverging = EVALUATION.model_copy(update={"optimizer": Optimizer(learning_rate="1e30")})
    with pytest.raises(CandidateRejected, match=r"image 1 reaches \S+ standard deviations .* training .*or lower"):
        engine(narrow, diverging).train(Progress())


def test_training_ends_when_patience_does(examples: Examples) -> None:
    patient = engine(examples, Evaluation(epochs=9, batch_size=32, patience=2, optimizer=Optimizer(learning_rate="0")))
    patient.recipe = replace(patient.recipe, objectives=[Objective(metric="train_loss", goal="maximize")])
    progress = patient.train(Progress(best_epoch=1, best_metrics={"train_loss": 1e9}))
    assert (progress.epoch, progress.best_epoch) == (3, 1)
    again = patient.train(replace(progress))
    assert again.epoch == 3, "another attempt does not begin again"


@pytest.mark.parametrize("report", ["last", "best"])
def test_a_split_that_is_held_out_judges_only_what_may_be_reported(report: Any, examples: Examples) -> None:
    chosen = engine(replace(examples, held_out=examples.train), Evaluation(epochs=3, batch_size=32, report=report))
    chosen.recipe = replace(chosen.recipe, objectives=[Objective(metric="val_accuracy")])
    judged: list[int] = []
    chosen.hooks.save = lambda progress: judged.append(round(progress.metrics["test_accuracy"] * len(examples.train)))
    progress = chosen.train(Progress())
    best = max(progress.curve["values"]["val_accuracy"])
    assert progress.best_metrics["val_accuracy"] == pytest.approx(best, rel=1e-5)
    if report == "best":
        assert progress.metrics["test_accuracy"] == progress.best_metrics["test_accuracy"]
    assert len(judged) == 3


def test_batch_normalisation_needs_two_examples(examples: Examples) -> None:
    """One has no statistics: PyTorch would end the trial as crashed, where features have one place each."""
    with pytest.raises(CandidateRejected, match="2 examples, as the network has batch norm"):
        engine(examples, EVALUATION.model_copy(update={"batch_size": 1}))


def test_fewer_examples_than_a_batch(examples: Examples) -> None:
    small = engine(examples, Evaluation(epochs=1, batch_size=4096))
    assert (small.batch, small.steps) == (len(examples.train), 1)
    assert small.train(Progress()).epoch == 1


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_narrow_arithmetic(precision: Any, examples: Examples) -> None:
    narrow = engine(examples, Evaluation(epochs=1, batch_size=32, precision=precision))
    assert narrow.train(Progress()).metrics["val_loss"] > 0
    assert narrow.state.network.state_dict()["classifier.weight"].dtype == torch.float32


def test_a_step_in_parts_is_the_same_step(examples: Examples) -> None:
    """But for batch normalisation, which is taken out here, and rounding."""
    whole, parts = (engine(examples, EVALUATION.model_copy(update={"accumulation": n})) for n in (1, 3))
    for trained in (whole, parts):
        network = nn.Sequential(Images(), nn.Flatten(), nn.Linear(64, 10))
        network.load_state_dict({"2.weight": torch.zeros(10, 64), "2.bias": torch.zeros(10)})
        learn(trained, network)
    one, other = whole.train(Progress()), parts.train(Progress())
    assert one.metrics["train_accuracy"] == other.metrics["train_accuracy"] > 0.5
    assert one.metrics["train_loss"] == pytest.approx(other.metrics["train_loss"], rel=1e-5)
    assert one.metrics["val_loss"] == pytest.approx(other.metrics["val_loss"], rel=1e-4)


class Images(nn.Module):
    """Picks the images out of the inputs."""

    def forward(self, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        return inputs["image"]


def test_more_parts_than_examples(examples: Examples) -> None:
    many = engine(examples, EVALUATION.model_copy(update={"epochs": 1, "accumulation": 1000}))
    assert many.train(Progress()).epoch == 1


def test_the_average_is_what_is_judged(examples: Examples) -> None:
    trained = engine(examples, EVALUATION.model_copy(update={"average_decay": "0.9"}))
    progress = trained.train(Progress())
    assert trained.state.ema
    with torch.no_grad():
        outputs = trained.state.ema.network.eval()(examples.inputs(whole(examples.val)))
    expected = examples.task.metrics(outputs, examples.val.targets)["loss"]
    assert progress.metrics["val_loss"] == pytest.approx(expected, rel=1e-6)  # in other batches
    assert not torch.equal(trained.state.ema.network.classifier.weight, trained.state.network.classifier.weight)  # type: ignore[union-attr,arg-type]


def test_clipping_shortens_the_gradient(examples: Examples) -> None:
    clipped = engine(examples, Evaluation(epochs=1, batch_size=4096, optimizer=Optimizer(clip_norm="0.001")))
    clipped.train(Progress())
    gradients = [p.grad for p in clipped.state.network.parameters() if p.grad is not None]
    assert torch.nn.utils.get_total_norm(gradients) == pytest.approx(0.001, rel=1e-3)


def test_the_learning_rate_warms_up(examples: Examples, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nas_trial.training.engine.REPORT_INTERVAL_S", 0.0)
    rates: list[float] = []
    warm = EVALUATION.model_copy(update={"optimizer": Optimizer(warmup_epochs=1)})
    engine(examples, warm, report=lambda **v: rates.append(v.get("learning_rate", 0.0))).train(Progress())
    assert [rate for rate in rates if rate][:STEPS] == pytest.approx([k / 60 for k in range(1, 7)])


@pytest.mark.parametrize("change", [{"label_smoothing": "0.1"}, {"mixup": "0.2"}, {"cutmix": "1"}], ids=str)
def test_what_is_only_for_classes(change: dict[str, str], examples: Examples) -> None:
    with pytest.raises(CandidateRejected, match=r"evaluation\.\w+ .*classification.*remove"):
        engine(replace(examples, classes=()), EVALUATION.model_copy(update=change))


def test_a_compiled_network_learns_the_same(examples: Examples, monkeypatch: pytest.MonkeyPatch) -> None:
    """The compiler itself takes a minute and is PyTorch's to test; here only that the engine goes through it."""
    compiled: list[nn.Module] = []
    monkeypatch.setattr("torch.compile", lambda network: compiled.append(network) or network)  # type: ignore[func-returns-value]
    fast = engine(examples, EVALUATION.model_copy(update={"compile": True}))
    assert compiled == [fast.state.network]


def test_seeds_of_draws_differ() -> None:
    seeds = {draw_seed(seed, step) for seed in range(30) for step in range(30)}
    assert len(seeds) == 900
    assert draw_seed(1, 2) == draw_seed(1, 2)


class Hungry(nn.Module):
    """Has memory for so many examples at a time."""

    def __init__(self, training: int, judging: int) -> None:
        super().__init__()
        self.layer = nn.Linear(64, 10)
        nn.init.zeros_(self.layer.weight)
        self.limits = {True: training, False: judging}
        self.sizes: list[int] = []

    def forward(self, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        images = inputs["image"]
        self.sizes.append(len(images))
        if len(images) > self.limits[self.training]:
            raise torch.OutOfMemoryError("CUDA out of memory")
        logits: torch.Tensor = self.layer(images.flatten(1))
        return logits


def with_memory(examples: Examples, training: int, judging: int = 1000) -> Engine:
    hungry = engine(examples)
    torch.manual_seed(0)
    learn(hungry, Hungry(training, judging))
    return hungry


def test_out_of_memory_it_takes_smaller_parts(examples: Examples, capsys: pytest.CaptureFixture[str]) -> None:
    saved: list[Progress] = []
    plenty, scarce = with_memory(examples, 1000), with_memory(examples, 10, judging=7)
    scarce.hooks.save = lambda progress: saved.append(replace(progress))
    expected, found = plenty.train(Progress()), scarce.train(Progress())
    assert "micro_batch" not in expected.metrics
    assert found.metrics["micro_batch"] == -(-scarce.ends[0] // 4)
    assert found.metrics["val_loss"] == pytest.approx(expected.metrics["val_loss"], rel=1e-4)
    assert found.metrics["train_loss"] == pytest.approx(expected.metrics["train_loss"], rel=1e-4)
    assert [progress.parts for progress in saved] == [4, 4, 4]
    assert capsys.readouterr().out.count('"out-of-memory"') == 2


def test_another_attempt_begins_with_the_parts_that_did(examples: Examples) -> None:
    again = with_memory(examples, 10)
    again.train(Progress(epoch=2, parts=4))
    assert isinstance(again.state.network, Hungry)
    assert set(again.state.network.sizes[: 4 * STEPS]) <= {7, 8}


def test_when_a_single_example_is_too_much_it_fails(examples: Examples) -> None:
    with pytest.raises(torch.OutOfMemoryError):
        with_memory(examples, 0).train(Progress())
    with pytest.raises(torch.OutOfMemoryError):
        with_memory(examples, 1000, judging=0).train(Progress())


def test_each_step_is_a_sign_of_life(examples: Examples) -> None:
    beats: list[None] = []
    alive = engine(examples)
    alive.hooks.beat = lambda: beats.append(None)
    alive.train(Progress())
    assert len(beats) >= 3 * (STEPS + 2), "40 validation examples are judged in batches of no more than are trained on"
