from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from nas_core.api.curve import Curve
from nas_core.api.evaluation import Evaluation
from nas_core.api.task import Dataset, Task
from nas_core.contract import TrialResult
from nas_core.states import Outcome
from nas_trial.data.examples import Examples
from nas_trial.data.load import load_examples
from nas_trial.learning_tasks import Regression
from nas_trial.process.stop import StopFlag
from nas_trial.work.trainings import mean_result, trainings

CPU = torch.device("cpu")
TASK = Task(type="regression", dataset=Dataset(name="diabetes"))


@pytest.fixture(scope="module")
def examples() -> Examples:
    return load_examples(TASK, None, 0, CPU, StopFlag())


def test_one_training_is_the_trial_itself(examples: Examples) -> None:
    [one] = trainings(Evaluation(), TASK, examples, 7, CPU)
    assert (one.examples, one.seed, one.folder) == (examples, 7, "")


def test_repeats_differ_in_their_seeds(examples: Examples) -> None:
    found = list(trainings(Evaluation(repeats=3), TASK, examples, 7, CPU))
    assert all(one.examples is examples for one in found)
    assert found[0].seed == 7 and len({one.seed for one in found}) == 3
    assert [one.folder for one in found] == ["training-00/", "training-01/", "training-02/"]


def test_each_row_validates_in_one_fold(examples: Examples) -> None:
    found = list(trainings(Evaluation(folds=3), TASK, examples.in_folds(3, 0), 7, CPU))
    rows = len(examples.train) + len(examples.val)
    assert len(found) == 3
    assert [len(one.examples.train) + len(one.examples.val) for one in found] == [rows] * 3
    validated = torch.cat([one.examples.val.targets for one in found])
    everything = torch.cat([examples.train.targets, examples.val.targets])
    assert torch.equal(validated.sort().values, everything.sort().values)
    for one in found:
        assert isinstance(one.examples.task, Regression)
        assert float(one.examples.task.mean) == pytest.approx(float(one.examples.train.targets.double().mean()))


def test_what_is_kept_together_is_in_one_fold(examples: Examples) -> None:
    together = np.arange(len(examples.train) + len(examples.val)) // 7
    folds = replace(examples, read_together=lambda: together).in_folds(4, 0).fold_of
    assert folds is not None
    assert all(len(set(folds[together == group])) == 1 for group in np.unique(together))


def result(accuracy: float, **changes: object) -> TrialResult:
    metrics = {"train_loss": accuracy, "val_accuracy": accuracy, "parameters": 7.0, "train_seconds": 2.0}
    return TrialResult.model_validate({"outcome": Outcome.SUCCEEDED, "metrics": metrics, "epochs": 3} | changes)


def test_means_and_spread() -> None:
    curve = Curve(epochs=[1], values={"val_accuracy": [0.5]})
    first = result(0.5, checkpoint="s3://b/one", curve=curve, warnings=["odd"])
    mean = mean_result([first, result(0.7, checkpoint="s3://b/two", warnings=["odd", "more"], epochs=4)])
    assert mean.metrics == pytest.approx(
        {"val_accuracy": 0.6, "val_accuracy_std": 0.02**0.5, "train_loss": 0.6, "parameters": 7, "train_seconds": 4}
    )
    assert list(mean.metrics)[:2] == ["val_accuracy", "val_accuracy_std"]
    assert (mean.checkpoint, mean.curve, mean.epochs) == ("s3://b/one", curve, 4)
    assert mean.warnings == ["odd", "more"]


def test_of_one_training_nothing_changes_and_what_only_some_have_is_a_mean_of_theirs() -> None:
    one = result(0.5)
    assert mean_result([one]) is one
    undefined = one.model_copy(update={"metrics": one.metrics | {"val_roc_auc": 0.8}})
    metrics = mean_result([undefined, one]).metrics
    assert metrics["val_roc_auc"] == 0.8 and "val_roc_auc_std" not in metrics
