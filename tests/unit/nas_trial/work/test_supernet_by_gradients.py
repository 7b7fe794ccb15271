"""Work of kind Supernet (`nas_trial.work.supernet`) with a strategy by gradients, from the input to the result."""

from __future__ import annotations

import pytest
from tests.support.stop_after import StopAfter
from tests.support.trials import identity, trial_input

from nas_core.contract import TrialInput, TrialResult
from nas_core.spaces.nas_bench_201 import NasBench201
from nas_storage.directory_store import DirectoryStore
from nas_trial.errors import CandidateRejected, Stopped
from nas_trial.process.metrics_endpoint import MetricsEndpoint
from nas_trial.process.stop import StopFlag
from nas_trial.process.watchdog import Watchdog
from nas_trial.work.attempt import Attempt
from nas_trial.work.supernet import train_supernet


def work(trial: str = "digits-0", **strategy: object) -> TrialInput:
    return trial_input(
        identity=identity(trial),
        work="Supernet",
        candidates=[],
        strategy=strategy or {"gdas": {"epochs": 3}},
        storage={"bucket": "bucket", "root": "root"},
    )


def run(trial: TrialInput, store: DirectoryStore, stop: StopFlag | None = None) -> TrialResult:
    return train_supernet(
        Attempt(trial, stop or StopFlag(), Watchdog(print), MetricsEndpoint(trial.identity), store=store)
    )


def test_it_derives_an_architecture_of_the_space(store: DirectoryStore) -> None:
    result = run(work(), store)

    (derived,) = result.derived
    NasBench201().validate(derived.architecture)
    assert (result.outcome, result.epochs) == ("Succeeded", 3)
    assert result.metrics["arch_entropy"] == derived.metrics["arch_entropy"]
    assert result.checkpoint is not None and result.checkpoint.startswith("s3://bucket/root/")


def test_one_that_was_stopped_derives_what_it_would_have(store: DirectoryStore) -> None:
    expected = run(work(), store)
    again = work("digits-1")
    with pytest.raises(Stopped):
        run(again, store, StopAfter(9))  # as reading the data asks, too

    result = run(again, store)

    assert result.derived == expected.derived
    assert result.resumed_from_epoch is not None
    timed = ("train_seconds", "examples_per_second", "device_wait_share")
    assert {name: value for name, value in result.metrics.items() if name not in timed} == {
        name: value for name, value in expected.metrics.items() if name not in timed
    }


def test_settings_that_do_not_fit_the_space_reject_it(store: DirectoryStore) -> None:
    with pytest.raises(CandidateRejected, match="3 does not divide the 2 channels"):
        run(work(pcDarts={"partialChannels": 3}), store)


def test_it_keeps_the_guidance_of_its_trial(store: DirectoryStore) -> None:
    only = {"generation": 1, "decisions": [{"name": "*", "require": ["avg_pool_3x3"]}]}
    trial = TrialInput.model_validate(work().to_dict() | {"guidance": only})
    (derived,) = run(trial, store).derived
    assert set(derived.architecture.values()) == {"avg_pool_3x3"}
