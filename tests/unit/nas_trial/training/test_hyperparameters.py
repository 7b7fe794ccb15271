from __future__ import annotations

import pytest

from nas_core.api.evaluation import Evaluation, Optimizer
from nas_trial.errors import CandidateRejected
from nas_trial.training.hyperparameters import KNOWN, with_hyperparameters

EVALUATION = Evaluation(epochs=7, batch_size=64, optimizer=Optimizer(momentum="0.8"), max_trial_duration="1h")
VALUES = {
    "optimizer": "adamw",
    "learningRate": "0.003162",
    "weightDecay": "1e-4",
    "momentum": "0.95",
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
    assert VALUES.keys() == set(KNOWN)
    assert with_hyperparameters(EVALUATION, VALUES) == Evaluation(
        epochs=7,
        batch_size=256,
        accumulation=2,
        optimizer=Optimizer(
            name="adamw",
            learning_rate="0.003162",
            weight_decay="1e-4",
            momentum="0.95",
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


@pytest.mark.parametrize("name", KNOWN)
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
