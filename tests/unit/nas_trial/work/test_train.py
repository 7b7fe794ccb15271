from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from tests.support.stop_after import StopAfter
from tests.support.trials import architecture, trial_input

from nas_core.api.trial import CandidateSpec
from nas_core.contract import CHECKPOINT_TIME, TrialInput, TrialResult
from nas_storage.directory_store import DirectoryStore
from nas_trial.data.examples import Batch, Examples
from nas_trial.data.load import load_examples
from nas_trial.errors import Stopped, StorageUnavailable
from nas_trial.process.metrics_endpoint import MetricsEndpoint
from nas_trial.process.stop import StopFlag
from nas_trial.process.watchdog import Watchdog
from nas_trial.training.engine import Engine
from nas_trial.work import packing, train
from nas_trial.work.attempt import Attempt

CPU = torch.device("cpu")
STORAGE = {"bucket": "bucket", "root": "root"}
CHECKPOINTS = "root/trials/digits-0/checkpoints/"
MEASURED = (
    "latency_ms",
    "latency_p90_ms",
    "throughput_per_s",
    "train_seconds",
    "examples_per_second",
    "device_wait_share",
)
"""Metrics that no two runs share."""


@pytest.fixture(scope="module")
def examples() -> Examples:
    trial = trial_input()
    return load_examples(trial.task, None, trial.data_seed, CPU, StopFlag())


@pytest.fixture(autouse=True)
def quick_measurements(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The measuring has tests of its own."""
    monkeypatch.setattr("nas_trial.measuring.measure.hardware_metrics", lambda *_: ({"parameters": 7.0}, False))
    yield


@dataclass(frozen=True)
class Place:
    """Where candidates are evaluated."""

    attempt: Attempt
    examples: Examples

    def evaluate(self, candidate: CandidateSpec) -> TrialResult:
        return train.evaluate(candidate, self.attempt, self.examples, CPU)


def place(
    examples: Examples, trial: TrialInput, store: DirectoryStore | None = None, stop: StopFlag | None = None
) -> Place:
    endpoint = MetricsEndpoint(trial.identity)
    return Place(Attempt(trial, stop or StopFlag(), Watchdog(print), endpoint, store), examples)


def lasting(result: TrialResult) -> dict[str, float]:
    return {name: value for name, value in result.metrics.items() if name not in MEASURED}


def evaluate(where: Place) -> TrialResult:
    return where.evaluate(where.attempt.trial.candidates[0])


def test_with_a_storage_there_are_checkpoints(examples: Examples, store: DirectoryStore) -> None:
    trial = trial_input(storage=STORAGE, objective={"metric": "val_accuracy"})
    where, before = place(examples, trial, store), time.time()
    result = evaluate(where)
    families = where.attempt.endpoint._registry.collect()
    shown = {one.labels["metric"]: one.value for family in families for one in family.samples}
    assert before - 1 <= shown[CHECKPOINT_TIME] <= time.time(), "who asks knows how old the newest is"
    assert result.checkpoint == f"s3://bucket/{CHECKPOINTS}e00002-s0000000-a001.safetensors"
    assert len(store.keys(CHECKPOINTS)) == 4
    assert (result.epochs, result.resumed_from_epoch, result.warnings) == (2, None, [])
    assert result.dataset_hash == examples.hash


@pytest.mark.parametrize("settings", [{}, {"averageDecay": "0.9", "augmentation": ["crop", "flip"]}], ids=str)
def test_stopped_and_gone_on_it_gives_the_same(
    settings: dict[str, Any], examples: Examples, store: DirectoryStore
) -> None:
    objectives = [{"metric": "val_accuracy"}, {"metric": "parameters", "goal": "minimize"}]
    trial = trial_input(storage=STORAGE, evaluation={"epochs": 2, "batchSize": 32} | settings, objectives=objectives)
    undisturbed = evaluate(place(examples, trial_input(evaluation=trial.evaluation.to_dict(), objectives=objectives)))
    with pytest.raises(Stopped):
        evaluate(place(examples, trial, store, StopAfter(7)))
    assert store.keys(CHECKPOINTS)[-1] == f"{CHECKPOINTS}e00001-s0000002-a001.safetensors"
    again = trial.model_copy(update={"identity": trial.identity.model_copy(update={"attempt": 2})})
    result = evaluate(place(examples, again, store))
    assert result.resumed_from_epoch == 1
    assert lasting(result) == lasting(undisturbed)
    assert result.curve == undisturbed.curve and result.curve
    assert result.curve.epochs == [1, 2] and list(result.curve.values) == ["val_accuracy"], "training changes only that"
    assert result.curve.values["val_accuracy"][-1] == pytest.approx(result.metrics["val_accuracy"], abs=1e-6)


BEST = {"epochs": 6, "batchSize": 32, "report": "best", "optimizer": {"learningRate": "0.5", "schedule": "constant"}}
"""A learning rate at which the last epoch is not the best."""
LOSS = [{"metric": "val_loss", "goal": "minimize"}]


def test_the_best_epoch_is_reported_with_its_weights(examples: Examples, store: DirectoryStore) -> None:
    trial = trial_input(storage=STORAGE, evaluation=BEST, objectives=LOSS)
    undisturbed = evaluate(place(examples, trial_input(evaluation=BEST, objectives=LOSS)))
    assert undisturbed.curve and undisturbed.checkpoint is None
    losses = undisturbed.curve.values["val_loss"]
    best = losses.index(min(losses)) + 1
    assert best < 6, "or this shows nothing"
    assert undisturbed.metrics["best_epoch"] == best and undisturbed.epochs == 6
    assert undisturbed.metrics["val_loss"] == pytest.approx(min(losses), rel=1e-5)
    for attempt, stop in enumerate([StopAfter(best * 5 + 2), None], start=1):
        again = trial.model_copy(update={"identity": trial.identity.model_copy(update={"attempt": attempt})})
        if stop:
            with pytest.raises(Stopped):
                evaluate(place(examples, again, store, stop))
        else:
            result = evaluate(place(examples, again, store))
    assert lasting(result) == lasting(undisturbed)
    assert result.checkpoint == f"s3://bucket/{CHECKPOINTS}e{best:05}-s0000000-a001.safetensors"
    assert store.get(result.checkpoint.removeprefix("s3://bucket/"))


def test_the_best_epoch_may_be_of_the_trial_below(examples: Examples, store: DirectoryStore) -> None:
    in_one_go = evaluate(place(examples, trial_input(evaluation=BEST, objectives=LOSS)))
    best = int(in_one_go.metrics["best_epoch"])
    below = None
    for epochs in (best, 6):
        trial = trial_input(storage=STORAGE, evaluation=BEST, objectives=LOSS, untilEpoch=epochs, continues=below)
        below = f"digits-0-e{epochs}"
        trial = trial.model_copy(update={"identity": trial.identity.model_copy(update={"trial": below})})
        result = evaluate(place(examples, trial, store))
        assert lasting(result) == lasting(in_one_go)
        assert (
            result.checkpoint
            == f"s3://bucket/root/trials/digits-0-e{best}/checkpoints/e{best:05}-s0000000-a001.safetensors"
        )


def test_a_best_checkpoint_that_is_lost_is_not_named(examples: Examples, store: DirectoryStore) -> None:
    trial = trial_input(storage=STORAGE, evaluation=BEST | {"epochs": 1}, objectives=LOSS)
    evaluate(place(examples, trial, store))
    manifest = f"{CHECKPOINTS}e00001-s0000000-a001.json"
    longer = trial_input(storage=STORAGE, evaluation=BEST | {"epochs": 2}, objectives=[{"metric": "train_loss"}])
    progress = json.loads(store.get(manifest))
    progress["progress"] |= {
        "best_metrics": {"train_loss": 1e9},
        "best_checkpoint": "s3://bucket/root/gone.safetensors",
    }
    store.put(manifest, json.dumps(progress).encode())
    result = evaluate(place(examples, longer, store))
    assert result.checkpoint is None and result.metrics["best_epoch"] == 1
    assert "the checkpoint of the best epoch, 1, could not be stored" in result.warnings


@pytest.mark.parametrize("settings", [{"repeats": 2}, {"folds": 2}, {"folds": 2, "repeats": 2}], ids=str)
def test_several_trainings_are_gone_on_with_and_their_means_reported(
    settings: dict[str, int], examples: Examples, store: DirectoryStore
) -> None:
    count = settings.get("folds", 1) * settings.get("repeats", 1)
    divided = examples.in_folds(2, 0) if "folds" in settings else examples
    trial = trial_input(storage=STORAGE, evaluation={"epochs": 1, "batchSize": 32} | settings, objectives=LOSS)
    undisturbed = evaluate(place(divided, trial_input(evaluation=trial.evaluation.to_dict(), objectives=LOSS)))
    # The second training is stopped in its first epoch.
    with pytest.raises(Stopped):
        evaluate(place(divided, trial, store, StopAfter(6)))
    again = trial.model_copy(update={"identity": trial.identity.model_copy(update={"attempt": 2})})
    result = evaluate(place(divided, again, store))
    assert lasting(result) == lasting(undisturbed)
    assert result.metrics["val_loss_std"] > 0 and "train_loss_std" not in result.metrics
    assert result.checkpoint and result.checkpoint.startswith(f"s3://bucket/{CHECKPOINTS}training-00/")
    folders = {key.removeprefix(CHECKPOINTS).partition("/")[0] for key in store.keys(CHECKPOINTS)}
    assert folders == {f"training-{number:02d}" for number in range(count)}


@pytest.mark.parametrize("settings", [{}, {"averageDecay": "0.9", "augmentation": ["crop", "flip"]}], ids=str)
def test_trained_in_rungs_it_gives_the_same_as_in_one_go(
    settings: dict[str, Any], examples: Examples, store: DirectoryStore
) -> None:
    evaluation = {"epochs": 4, "batchSize": 32, "optimizer": {"warmupEpochs": 1}} | settings
    in_one_go = evaluate(place(examples, trial_input(storage=STORAGE, evaluation=evaluation), store))
    below, resumed = None, []
    for epochs in (1, 2, 4):
        trial = trial_input(storage=STORAGE, evaluation=evaluation, untilEpoch=epochs, continues=below)
        below = f"digits-0-e{epochs}"
        trial = trial.model_copy(update={"identity": trial.identity.model_copy(update={"trial": below})})
        result = evaluate(place(examples, trial, store))
        assert (result.epochs, result.warnings) == (epochs, [])
        resumed.append(result.resumed_from_epoch)
    assert resumed == [None, 1, 2]
    assert lasting(result) == lasting(in_one_go)
    weights = [store.get((r.checkpoint or "").removeprefix("s3://bucket/")) for r in (result, in_one_go)]
    assert weights[0] == weights[1]


def test_without_the_checkpoint_that_it_should_go_on_from_it_begins_anew(
    examples: Examples, store: DirectoryStore
) -> None:
    result = evaluate(place(examples, trial_input(storage=STORAGE, untilEpoch=1, continues="gone"), store))
    assert (result.epochs, result.resumed_from_epoch) == (1, None)
    assert result.warnings == ["trial gone has no complete checkpoint: training started from the beginning"]


def test_a_damaged_checkpoint_is_told(examples: Examples, store: DirectoryStore) -> None:
    trial = trial_input(storage=STORAGE)
    evaluate(place(examples, trial, store))
    newest = f"{CHECKPOINTS}e00002-s0000000-a001.safetensors"
    store.put(newest, store.get(newest)[:-1])
    again = evaluate(place(examples, trial, store))
    assert again.resumed_from_epoch == 1
    [told] = again.warnings
    assert told.startswith("checkpoint digits-0/checkpoints/e00002-s0000000-a001.json was skipped: it has")


def test_a_save_that_failed_at_the_end_is_made_up_for(
    examples: Examples, store: DirectoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, failures = store.put, iter([True, True])

    def sometimes(key: str, content: bytes) -> None:
        if next(failures, False):
            raise StorageUnavailable("away")
        put(key, content)

    monkeypatch.setattr(store, "put", sometimes)
    result = evaluate(place(examples, trial_input(storage=STORAGE), store))
    assert result.checkpoint == f"s3://bucket/{CHECKPOINTS}e00002-s0000000-a001.safetensors"
    assert store.get(result.checkpoint.removeprefix("s3://bucket/"))


def test_one_that_was_trained_to_the_end_before_tells_its_checkpoint(examples: Examples, store: DirectoryStore) -> None:
    trial = trial_input(storage=STORAGE)
    first = evaluate(place(examples, trial, store))
    second = evaluate(place(examples, trial, store))
    assert second.checkpoint == first.checkpoint
    assert lasting(second) == lasting(first)


def test_running_out_of_memory_is_told(examples: Examples, monkeypatch: pytest.MonkeyPatch) -> None:
    part = Engine._part

    def hungry(self: Engine, chosen: Batch, *others: Any) -> tuple[torch.Tensor, torch.Tensor]:
        if len(chosen) > 8:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return part(self, chosen, *others)

    monkeypatch.setattr(Engine, "_part", hungry)
    result = evaluate(place(examples, trial_input()))
    assert result.metrics["micro_batch"] == 8
    assert result.warnings == [
        "candidate id-312410 ran out of GPU memory and was trained with each batch in 4 parts; lower "
        "evaluation.batchSize or raise evaluation.accumulation to save the attempts"
    ]


def test_hyperparameters_are_used(examples: Examples) -> None:
    plain = trial_input()
    changed = plain.candidates[0].model_copy(update={"hyperparameters": {"learningRate": "0.001"}})
    where = place(examples, plain)
    assert lasting(where.evaluate(changed)) != lasting(evaluate(where))


def test_packed_candidates_get_what_each_gets_alone(examples: Examples, store: DirectoryStore) -> None:
    specs = [
        {"id": digits, "architecture": architecture(digits), "origin": "Random"} for digits in ("333333", "211111")
    ]
    trial = trial_input(storage=STORAGE, candidates=specs, objective={"metric": "val_accuracy"})
    where = place(examples, trial, store)
    packed = packing.evaluate_all(trial, where.evaluate, store, where.attempt.endpoint.begin)
    for spec, result in zip(specs, packed.candidates, strict=True):
        alone = evaluate(place(examples, trial_input(candidates=[spec])))
        assert {n: v for n, v in result.metrics.items() if n not in MEASURED} == lasting(alone)
        assert result.checkpoint == f"s3://bucket/{CHECKPOINTS}{spec['id']}/e00002-s0000000-a001.safetensors"


@pytest.mark.parametrize(
    ("limit", "refused"),
    [
        ({"metric": "parameters", "max": 6}, True),
        ({"metric": "parameters", "min": 8}, True),
        ({"metric": "parameters", "min": 7, "max": 7}, False),
        ({"metric": "val_loss", "max": -1}, False),
    ],
)
def test_a_candidate_that_breaks_a_constraint_is_not_trained(
    limit: dict[str, Any], refused: bool, examples: Examples
) -> None:
    result = evaluate(place(examples, trial_input(constraints=[limit], evaluation={"epochs": 1, "batchSize": 64})))
    assert result.outcome == ("Refused" if refused else "Succeeded")
    assert ("val_accuracy" in result.metrics, result.metrics["parameters"]) == (not refused, 7.0)
    if refused:
        assert (result.reason, result.epochs) == ("ConstraintBroken", None)
        assert result.message.startswith("parameters is 7, constraints ask for")


@pytest.mark.parametrize("contended", [False, True])
def test_times_on_a_busy_device_refuse_nothing(
    contended: bool, examples: Examples, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nas_trial.measuring.measure.hardware_metrics", lambda *_: ({"latency_ms": 9.0}, contended))
    limit = [{"metric": "latency_ms", "max": 1}]
    result = evaluate(place(examples, trial_input(constraints=limit, evaluation={"epochs": 1, "batchSize": 64})))
    assert result.outcome == ("Succeeded" if contended else "Refused")
