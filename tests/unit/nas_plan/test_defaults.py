from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.support.factories import DATASET, World, raw_search, resolved, search

from nas_core.api.search import NASSearchSpec
from nas_core.api.search_status import ChosenSetting, NASSearchStatus
from nas_core.api.trial import DatasetSummary
from nas_core.records.chosen import SETTINGS, complete
from nas_core.records.search import ReadableSearch, read_search
from nas_plan.defaults import RULES, SPACE_FOR, choose_settings
from nas_plan.preview import preview

STORAGE = {"bucket": "nas", "secretRef": {"name": "s"}}
URI = {"uri": "s3://data/rows.csv"}


def spec(kind: str = "image-classification", **changes: Any) -> NASSearchSpec:
    task = {"type": kind, "dataset": URI, **changes.pop("task", {})}
    return NASSearchSpec.model_validate({"task": task, "storage": STORAGE, **changes})


def found(training: int = 1200, **changes: Any) -> DatasetSummary:
    return DATASET.model_copy(update={"training": training, "validation": 300, **changes})


def chosen(of: NASSearchSpec, dataset: DatasetSummary | None = None) -> dict[str, str]:
    return {each.field: each.value for each in choose_settings(of, dataset)}


def _reason(of: NASSearchSpec, field: str = "evaluation.batchSize") -> str:
    return next(each.reason for each in choose_settings(of, None) if each.field == field)


@pytest.mark.parametrize(
    ("kind", "space"),
    [
        ("image-classification", "nas-bench-201"),
        ("text-classification", "text-transformer"),
        ("audio-classification", "speech-cnn-rnn"),
        ("time-series-classification", "speech-cnn-rnn"),
        ("tabular-classification", "tabular"),
        ("regression", "tabular"),
        ("multi-modal-classification", "multi-modal"),
    ],
)
def test_every_task_has_a_space_that_is_for_it(kind: str, space: str) -> None:
    assert chosen(spec(kind))["searchSpace.name"] == space
    assert space in SPACE_FOR.values()


@pytest.mark.parametrize(
    ("changes", "dataset", "field", "value"),
    [
        ({}, found(50), "evaluation.batchSize", "8"),
        ({}, found(150), "evaluation.batchSize", "16"),
        ({}, found(300), "evaluation.batchSize", "32"),
        ({}, found(1200), "evaluation.batchSize", "32"),
        ({}, found(60_000), "evaluation.batchSize", "128"),
        ({}, found(60_000), "evaluation.epochs", "10"),
        ({}, found(60_000), "evaluation.optimizer.name", "sgd"),
        ({}, found(60_000), "evaluation.optimizer.learningRate", "0.1"),
        ({}, found(1200), "evaluation.optimizer.name", "adamw"),
        ({"evaluation": {"supernet": {}}}, found(60_000), "evaluation.optimizer.name", "adamw"),
        ({"evaluation": {"supernet": {}}}, found(60_000), "evaluation.optimizer.learningRate", "0.004"),
        (
            {"kind": "regression", "evaluation": {"supernet": {}}},
            found(60_000),
            *("evaluation.optimizer.learningRate", "0.001"),
        ),
        ({}, found(1200), "searchSpace.depth", "1"),
        ({"kind": "regression"}, found(largest_class=None, classes=None), "objectives", "val_r2"),
        ({"task": {"multiLabel": True}}, found(), "objectives", "val_f1"),
        ({}, found(classes=2, largest_class=0.78), "objectives", "val_balanced_accuracy"),
        ({}, found(classes=2, largest_class=0.63), "objectives", "val_accuracy"),
        ({}, found(classes=10, largest_class=0.16), "objectives", "val_accuracy"),
        # What the spec says of one field counts for the others.
        ({"evaluation": {"batchSize": 64}}, found(12_000), "evaluation.epochs", "10"),
        (
            {"kind": "regression", "evaluation": {"optimizer": {"name": "sgd"}}},
            found(),
            *("evaluation.optimizer.learningRate", "0.01"),
        ),
        (
            {"evaluation": {"optimizer": {"name": "sgd"}, "batchSize": 64}},
            found(),
            *("evaluation.optimizer.learningRate", "0.05"),
        ),
        ({"evaluation": {"optimizer": {"warmupEpochs": 200}}}, found(), "evaluation.epochs", "201"),
        ({"evaluation": {"earlyStopping": {"median": {}, "minEpochs": 150}}}, found(), "evaluation.epochs", "151"),
        ({"evaluation": {"optimizer": {"warmupEpochs": 12}}}, None, "evaluation.epochs", "13"),
        ({}, found(1200), "evaluation.report", "best"),
        ({}, found(1200), "evaluation.patience", "5"),
        ({"evaluation": {"epochs": 40}}, found(1200), "evaluation.patience", "14"),
        (
            {"kind": "multi-modal-classification"},
            found(inputs={"image": "3x8x8", "numeric": "2", "categorical": "1"}),
            *("searchSpace.modalities", "image, tabular"),
        ),
    ],
)
def test_what_is_chosen(changes: dict[str, Any], dataset: DatasetSummary | None, field: str, value: str) -> None:
    assert chosen(spec(**changes), dataset)[field] == value


@pytest.mark.parametrize(
    "changes",
    [
        {"trialTemplate": {"image": "example.org/mine:1"}},
        {"evaluation": {"benchmark": {"table": "nas-bench-201-cifar10"}}},
    ],
)
def test_nothing_is_chosen_where_the_trainer_that_ships_does_not_train(changes: dict[str, Any]) -> None:
    assert choose_settings(spec(**changes), found()) == ()


def test_what_the_user_sets_is_left_alone() -> None:
    evaluation = {"epochs": 3, "batchSize": 16, "optimizer": {"name": "sgd", "learningRate": "0.2"}}
    evaluation |= {"report": "last"}
    own = spec(searchSpace={"name": "tiny"}, evaluation=evaluation, objectives=[{"metric": "val_f1"}])
    assert choose_settings(own, found()) == ()
    assert not {"evaluation.report", "evaluation.patience"} & set(chosen(spec(), found(2_000)))
    ending: list[dict[str, Any]] = [{"strategy": {"rungs": {}}}, {"evaluation": {"earlyStopping": {"median": {}}}}]
    assert not any("evaluation.patience" in chosen(spec(**ends), found()) for ends in ending)
    # A space that is described or named has the depth that it has.
    assert "searchSpace.depth" not in chosen(spec(searchSpace={"name": "nas-bench-201"}), found())
    # What is searched has no one value.
    searched = spec(hyperparameters=[{"name": "batchSize", "choice": ["8", "16"]}])
    assert "evaluation.batchSize" not in chosen(searched, found())


def test_of_the_trial_images_data_sets_the_size_is_known_without_preparing() -> None:
    digits = spec(task={"dataset": {"name": "digits", "maxExamples": 200}})
    assert chosen(digits)["evaluation.batchSize"] == "16"
    # 569 rows, of which 455 are left by the test split: 364 to train on, of which an eighth at most is a batch.
    tested = {"name": "breast-cancer", "testFraction": "0.2"}
    assert _reason(spec("tabular-classification", task={"dataset": tested})).startswith("364 training examples")
    unknown = chosen(spec(task={"dataset": {"volume": {"claimName": "scans"}}}))
    assert not {"evaluation.batchSize", "evaluation.epochs"} & set(unknown)


def test_each_choice_has_a_reason_that_fits_the_record_and_every_rule_a_setting() -> None:
    assert list(RULES) == list(SETTINGS)
    for each in choose_settings(spec("multi-modal-classification"), found()):
        assert 5 < len(each.reason) <= 256 and not each.reason.endswith(".")


def test_what_is_chosen_is_told_and_stays_whatever_would_be_chosen_later() -> None:
    w = World(search(task={"type": "tabular-classification", "dataset": URI}, storage=STORAGE))
    w.search = resolved(w.search)
    w.step()
    assert w.search.status.plan and w.search.status.plan.objective == "val_accuracy"
    w.succeed("s-prepare-a1")
    w.step(writes=1)  # the end of the trial alone
    given = {"task": {"type": "tabular-classification", "dataset": URI}, "storage": STORAGE}
    again = read_search(raw_search(**given))
    assert isinstance(again, ReadableSearch)
    completed = resolved(replace(again, status=w.search.status), dataset=w.trials["s-prepare"].status.dataset)
    assert completed.spec.search_space.name == "tabular" and completed.spec.evaluation.batch_size == 32
    plan = preview(completed.spec, None, completed.chosen)
    begun = NASSearchStatus.model_validate({"plan": plan.to_dict(), "firstTrialTime": "2026-01-01T00:00:00Z"})
    # The data of 60 rows would have other settings; the record has these.
    kept = read_search({**raw_search(**given), "status": begun.to_dict()})
    assert isinstance(kept, ReadableSearch)
    assert kept.spec == completed.spec.model_copy(update={"strategy": kept.spec.strategy})
    assert resolved(kept, dataset=found(60)).chosen == completed.chosen


def test_a_search_that_began_before_there_was_a_record_keeps_what_it_had() -> None:
    status = NASSearchStatus.model_validate({"firstTrialTime": "2026-01-01T00:00:00Z"})
    old = search(status, task={"type": "tabular-classification", "dataset": URI}, storage=STORAGE)
    kept = resolved(old, dataset=found())
    assert kept.spec.search_space.member is None and kept.spec.evaluation.batch_size == 128 and kept.chosen == ()


def test_a_record_that_somebody_has_damaged_is_told() -> None:
    damaged = ChosenSetting(field="evaluation.epochs", value="many", reason="because")
    status = {
        "plan": {"candidates": 1, "epochs": 1, "strategy": "random", "chosen": [damaged.to_dict()]},
        "firstTrialTime": "2026-01-01T00:00:00Z",
    }
    told = read_search({**raw_search(), "status": status})
    assert "status.plan.chosen: evaluation.epochs 'many'" in getattr(told, "error", "")


@pytest.mark.parametrize(
    ("scored", "field"),
    [
        ({"evaluation": {"prefilter": {}}}, "evaluation.prefilter.randomCandidates"),
        ({"strategy": {"zeroCost": {}}}, "strategy.zeroCost.randomCandidates"),
    ],
)
def test_a_small_budget_is_not_spent_on_random_candidates_alone(scored: dict[str, Any], field: str) -> None:
    assert chosen(spec(**scored, budget={"maxTrials": 5}))[field] == "2"
    assert chosen(spec(**scored, budget={"maxTrials": 1}))[field] == "0"
    assert field not in chosen(spec(**scored, budget={"maxTrials": 10}))
    assert field not in chosen(spec(budget={"maxTrials": 5}))
    [[part, members]] = scored.items()
    [[name, _]] = members.items()
    said: dict[str, Any] = {part: {name: {"randomCandidates": 4}}}
    assert field not in chosen(spec(**said, budget={"maxTrials": 5}))


def test_a_predictor_without_scores_needs_no_random_candidates() -> None:
    of = spec(evaluation={"prefilter": {"predictor": {}}}, strategy={"random": {}}, budget={"maxTrials": 5})
    assert "evaluation.prefilter.randomCandidates" not in chosen(of)


def test_what_is_chosen_for_shared_weights_does_not_hold_for_training_again_from_scratch() -> None:
    shared: dict[str, Any] = {"evaluation": {"supernet": {}}, "retrain": {"epochs": 9}}
    found_for = chosen(spec(**shared), found(60_000))
    assert found_for["retrain.optimizer"] == "sgd, 0.1"
    assert found_for["evaluation.optimizer.learningRate"] == "0.004"
    assert chosen(spec(**shared), found(1200))["retrain.optimizer"] == "adamw, 0.002"
    completed = complete(spec(**shared), choose_settings(spec(**shared), found(60_000)))
    assert completed.retrain is not None and completed.retrain.optimizer is not None
    assert completed.retrain.optimizer.learning_rate == "0.1"


@pytest.mark.parametrize(
    "changes",
    [
        {"evaluation": {"supernet": {}}},
        {"evaluation": {}, "retrain": {"epochs": 9}},
        {"evaluation": {"supernet": {}, "optimizer": {"name": "adamw"}}, "retrain": {"epochs": 9}},
        {"evaluation": {"supernet": {}}, "retrain": {"epochs": 9, "optimizer": {"name": "sgd"}}},
    ],
)
def test_nothing_is_chosen_for_training_again_that_was_said_or_is_as_in_the_search(changes: dict[str, Any]) -> None:
    assert "retrain.optimizer" not in chosen(spec(**changes), found(60_000))
