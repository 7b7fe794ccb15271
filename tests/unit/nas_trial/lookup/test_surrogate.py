from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.support.tiny_onnx import surrogate
from tests.support.trials import trial_input

from nas_core.api.benchmark import Benchmark
from nas_core.api.trial import CandidateSpec
from nas_core.contract import TrialInput
from nas_core.spaces.nas_bench_301 import NasBench301
from nas_trial.errors import CandidateRejected
from nas_trial.lookup.surrogate import OP_CODES, encode, read

SPACE = NasBench301()


def test_the_codes_of_a_cell() -> None:
    normal = "normal=sep_conv_3x3~0+sep_conv_3x3~1|skip_connect~0+dil_conv_3x3~2|max_pool_3x3~1+avg_pool_3x3~3|"
    normal += "sep_conv_5x5~3+dil_conv_5x5~4"
    codes = encode(SPACE, SPACE.parse(f"{normal} {normal.replace('normal', 'reduce')}"))
    assert codes[:14] == [5, 5, 7, 0, 2, 0, 4, 0, 1, 0, 0, 0, 6, 3]
    assert codes[14:28] == codes[:14]
    assert codes[28:] == [2, 5, 10] * 2, "0_2 of 0_1, 0_2, 1_2; 1_3 of six; 3_4, the last of ten"


def test_there_are_always_34_and_each_tells() -> None:
    rng = np.random.default_rng(0)
    found = {tuple(encode(SPACE, SPACE.sample(rng))) for _ in range(200)}
    assert {len(codes) for codes in found} == {34}
    assert len(found) == 200
    assert sorted(OP_CODES.values()) == list(range(1, 8))


def rehearsal(epochs: int, **benchmark: Any) -> tuple[TrialInput, Benchmark, CandidateSpec]:
    cell = SPACE.sample(np.random.default_rng(1))
    spec = {"path": "/tiny.onnx", **benchmark}
    trial = trial_input(
        space={"name": "nas-bench-301"},
        candidates=[{"id": "a", "architecture": cell, "origin": "Random"}],
        evaluation={"benchmark": spec, "epochs": epochs},
    )
    return trial, Benchmark.model_validate(spec), trial.candidates[0]


def test_what_the_network_predicts_is_the_course() -> None:
    trial, benchmark, candidate = rehearsal(3)
    curve = read("tiny.onnx", surrogate([0.001, 0.01, 1, 0], [0.1, 0, 10, 0]), trial, benchmark)(candidate)
    total = sum(encode(SPACE, candidate.architecture))
    assert [point.epoch for point in curve] == [1, 2, 3]
    for point in curve:
        assert point.seconds == pytest.approx(total + 10 * point.epoch)
        assert point.metrics == {
            "val_accuracy": pytest.approx(0.001 * total + 0.1 * point.epoch, rel=1e-5),
            "val_loss": pytest.approx(0.01 * total, rel=1e-5),
            "train_seconds": pytest.approx(total + 10 * point.epoch),
        }


@pytest.mark.parametrize(
    ("codes", "epochs", "benchmark", "words"),
    [
        (33, 3, {}, "is no NAS-Bench-301 surrogate of YAHPO Gym: it has other inputs"),
        (34, 99, {}, "knows 1 to 98 epochs, not 99"),
        (34, 3, {"metrics": [{"name": "a", "column": "b"}]}, "has no output 'b'; it has val_accuracy, val_loss"),
        (34, 3, {"metrics": [{"name": "a", "column": "val_loss", "epochs": 3}]}, "predicts each epoch; remove epochs"),
    ],
)
def test_what_does_not_fit_is_said(codes: int, epochs: int, benchmark: dict[str, Any], words: str) -> None:
    trial, spec, _ = rehearsal(epochs, **benchmark)
    with pytest.raises(CandidateRejected, match=words):
        read("tiny.onnx", surrogate([1, 1, 1], [1, 1, 1], codes), trial, spec)


def test_hyperparameters_are_not_passed_over() -> None:
    trial, spec, candidate = rehearsal(3)
    tuned = candidate.model_copy(update={"hyperparameters": {"optimizer": "sgd"}})
    trial = trial.model_copy(update={"candidates": [tuned]})
    with pytest.raises(CandidateRejected, match=r"has no hyperparameters; remove spec\.hyperparameters"):
        read("tiny.onnx", surrogate([1, 1, 1, 0], [1, 1, 1, 0]), trial, spec)
