"""Work of kind Supernet without gradients, and candidates judged with its weights."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from tests.support.stop_after import StopAfter
from tests.support.trials import architecture, identity, trial_input

from nas_core.contract import TrialInput, TrialResult
from nas_storage.directory_store import DirectoryStore
from nas_trial.errors import CandidateRejected, Stopped
from nas_trial.process.metrics_endpoint import MetricsEndpoint
from nas_trial.process.stop import StopFlag
from nas_trial.process.watchdog import Watchdog
from nas_trial.work.attempt import Attempt
from nas_trial.work.table import WORK

STORAGE = {"bucket": "bucket", "root": "root"}
OPS = ("333333", "111111", "312410", "000000")


def supernet(trial: str = "digits-0", **settings: Any) -> TrialInput:
    return trial_input(
        identity=identity(trial),
        work="Supernet",
        candidates=[],
        storage=STORAGE,
        objectives=[{"metric": "val_accuracy"}],
        evaluation={"batchSize": 64, "supernet": {"epochs": 3, "recalibration": 2} | settings},
    )


def judging(weights: str | None, ops: tuple[str, ...] = OPS, **changes: Any) -> TrialInput:
    candidates = [{"id": f"id-{one}", "architecture": architecture(one), "origin": "Random"} for one in ops]
    settings = {"batchSize": 64, "supernet": {"recalibration": 2}}
    given = {"candidates": candidates, "storage": STORAGE, "evaluation": settings, "supernet": weights}
    return trial_input(**given | changes)


def run(trial: TrialInput, store: DirectoryStore, stop: StopFlag | None = None) -> TrialResult:
    attempt = Attempt(trial, stop or StopFlag(), Watchdog(print), MetricsEndpoint(trial.identity), store=store)
    return WORK[trial.work](attempt)


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def test_candidates_are_judged_with_the_weights_of_the_supernet(store: DirectoryStore) -> None:
    trained = run(supernet(), store)
    assert (trained.outcome, trained.epochs, trained.derived) == ("Succeeded", 3, [])
    assert "val_accuracy" in trained.metrics and trained.metrics["train_seconds"] > 0

    result = run(judging(trained.checkpoint), store)
    assert [each.outcome for each in result.candidates] == ["Succeeded"] * len(OPS)
    for each in result.candidates:
        assert {"val_accuracy", "val_loss", "flops", "parameters", "latency_ms"} <= each.metrics.keys()
    # What has no way through tells every example the same.
    by_ops = dict(zip(OPS, result.candidates, strict=True))
    assert by_ops["333333"].metrics["val_loss"] != by_ops["000000"].metrics["val_loss"]


def test_a_judgement_does_not_depend_on_what_was_judged_before(store: DirectoryStore) -> None:
    weights = run(supernet(), store).checkpoint
    together = run(judging(weights, identity=identity("digits-1")), store).candidates[2].metrics
    alone = run(judging(weights, OPS[2:3], identity=identity("digits-2")), store).metrics
    assert together["val_loss"] == alone["val_loss"]


def test_one_that_breaks_a_constraint_is_not_judged(store: DirectoryStore) -> None:
    weights = run(supernet(), store).checkpoint
    result = run(judging(weights, OPS[:1], constraints=[{"metric": "parameters", "max": 10}]), store)
    assert (result.outcome, result.reason) == ("Refused", "ConstraintBroken")


def test_weights_that_are_gone_or_damaged_are_told_of(store: DirectoryStore) -> None:
    with pytest.raises(CandidateRejected, match="there are no weights at s3://bucket/root/none") as gone:
        run(judging("s3://bucket/root/none.safetensors", OPS[:1]), store)
    assert gone.value.reason == "SupernetUnusable"

    weights = run(supernet(), store).checkpoint
    assert weights is not None
    store.put(weights.removeprefix("s3://bucket/"), b"damaged")
    with pytest.raises(CandidateRejected, match="make a new search"):
        run(judging(weights, OPS[:1]), store)


def test_weights_of_another_bucket_are_not_read(store: DirectoryStore) -> None:
    weights = run(supernet(), store).checkpoint
    assert weights is not None
    with pytest.raises(CandidateRejected, match="there are no weights at s3://other/"):
        run(judging(weights.replace("s3://bucket/", "s3://other/"), OPS[:1]), store)


def test_a_supernet_that_was_stopped_three_times_is_the_one_that_was_not(store: DirectoryStore) -> None:
    expected = run(supernet(), store)
    again = supernet("digits-1")
    stops = 0
    for steps in (5, 7, 9):
        try:
            run(again, store, StopAfter(steps))
        except Stopped:
            stops += 1
    result = run(again, store)
    assert stops > 0 and result.resumed_from_epoch is not None

    def weights(of: TrialResult) -> bytes:
        assert of.checkpoint is not None
        return store.get(of.checkpoint.removeprefix("s3://bucket/"))

    assert weights(result) == weights(expected)
    assert result.metrics["val_loss"] == expected.metrics["val_loss"]


def test_the_controllers_choice_is_in_the_result(store: DirectoryStore) -> None:
    result = run(supernet(training="enas"), store)
    assert 1 < len(result.derived) <= 16
    assert all(each.metrics["reward"] >= 0 for each in result.derived)


def test_the_controller_chooses_within_the_guidance_of_the_supernets_trial(store: DirectoryStore) -> None:
    held = {"generation": 1, "decisions": [{"name": "*", "forbid": ["none", "avg_pool_3x3"]}]}
    result = run(TrialInput.model_validate(supernet(training="enas").to_dict() | {"guidance": held}), store)
    assert result.derived
    assert not {"none", "avg_pool_3x3"} & {op for one in result.derived for op in one.architecture.values()}
