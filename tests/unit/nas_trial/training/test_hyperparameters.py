from __future__ import annotations

import pytest

from nas_core.api.decision import DecisionSpec
from nas_core.api.evaluation import Evaluation, Optimizer
from nas_core.api.hyperparameters import HYPERPARAMETERS
from nas_core.spaces.decisions import Real
from nas_trial.errors import CandidateRejected
from nas_trial.training.hyperparameters import with_hyperparameters

EVALUATION = Evaluation(epochs=7, batch_size=64, optimizer=Optimizer(momentum="0.8"), max_trial_duration="1h")
VALUES = {
    "optimizer": "adamw",
    "learningRate": "0.003162",
    "weightDecay": "1e-4",
    "momentum": "0.95",
    "schedule": "step",
    "warmupEpochs": "2",
    "clipNorm": "5",
    "batchSize": "256",
    "accumulation": "2",
    "labelSmoothing": "0.1",
    "dropout": "0.2",
    "augmentation": "crop+flip",
    "mixup": "0.2",
    "cutmix": "1",
    "averageDecay": "0.99",
}


def test_none_leave_it_as_it_is() -> None:
    assert with_hyperparameters(EVALUATION, {}) == EVALUATION


def test_all_that_are_known() -> None:
    assert VALUES.keys() == HYPERPARAMETERS.keys()
    assert with_hyperparameters(EVALUATION, VALUES) == Evaluation(
        epochs=7,
        batch_size=256,
        accumulation=2,
        optimizer=Optimizer(
            name="adamw",
            learning_rate="0.003162",
            weight_decay="1e-4",
            momentum="0.95",
            schedule="step",
            warmup_epochs=2,
            clip_norm="5",
        ),
        label_smoothing="0.1",
        dropout="0.2",
        augmentation=["crop", "flip"],
        mixup="0.2",
        cutmix="1",
        average_decay="0.99",
        max_trial_duration="1h",
    )


@pytest.mark.parametrize("name", HYPERPARAMETERS)
def test_each_alone_changes_only_itself(name: str) -> None:
    changed = with_hyperparameters(EVALUATION, {name: VALUES[name]}).to_dict()
    before = EVALUATION.to_dict()
    flat, flat_before = changed | changed.pop("optimizer"), before | before.pop("optimizer")
    different = {key for key in flat if flat[key] != flat_before.get(key)}
    assert different == {"name" if name == "optimizer" else name}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"learningrate": "0.1"}, r"hyperparameter 'learningrate' is unknown; known are accumulation, .*learningRate"),
        ({"optimizer": "lion"}, r"hyperparameter 'optimizer': the value 'lion' is not valid: .*'sgd' or 'adamw'"),
        ({"batchSize": "many"}, r"hyperparameter 'batchSize': the value 'many' is not valid"),
        ({"batchSize": "0"}, r"hyperparameter 'batchSize': the value '0' is not valid: .*greater than or equal to 1"),
        ({"learningRate": "-1"}, r"hyperparameter 'learningRate': the value '-1' is not valid"),
        ({"labelSmoothing": "1.5"}, r"hyperparameter 'labelSmoothing': the value '1.5' is not valid"),
    ],
)
def test_what_does_not_do(values: dict[str, str], message: str) -> None:
    with pytest.raises(CandidateRejected, match=message) as caught:
        with_hyperparameters(EVALUATION, values)
    assert caught.value.reason == "SpecInvalid"


VALUES_OF_ALL_KINDS = [
    *("-1", "0", "1", "2", "0.5", ".5", "1.0", "1e-05", "1.234e-05", "9e-1", "5e-00", "1e3", "64", "064", "65537"),
    *("sgd", "adam", "cosine", "none", "flip", "crop+flip", "crop+none", "flip+", "-", "rand-augment", "fast"),
]


@pytest.mark.parametrize("name", HYPERPARAMETERS)
def test_what_the_api_server_lets_in_is_what_the_trainer_takes(name: str) -> None:
    setting = HYPERPARAMETERS[name]
    let_in = [v for v in VALUES_OF_ALL_KINDS if setting.fault(DecisionSpec(name=name, choice=[v])) is None]
    assert let_in
    for value in let_in:
        with_hyperparameters(EVALUATION, {name: value})
    for value in {"-1", "fast", "adam", "65537"} - set(let_in):
        with pytest.raises(CandidateRejected):
            with_hyperparameters(EVALUATION, {name: value})


def test_a_subset_of_augmentations_may_be_empty() -> None:
    assert with_hyperparameters(EVALUATION, {"augmentation": "-"}).augmentation == []


def test_small_numbers_are_taken_as_a_search_writes_them() -> None:
    small = Real("dropout", 1e-5, 0.1, log=True).at(0.01)
    assert small == "1.096e-05"
    assert with_hyperparameters(EVALUATION, {"dropout": small}).dropout == small
