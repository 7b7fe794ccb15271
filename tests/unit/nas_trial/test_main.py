"""The container's entry point as Kubernetes runs it: a process with an input file, a result file and an exit code."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.support.trials import architecture, trial_input

from nas_core.contract import (
    EXIT_CANDIDATE,
    EXIT_CHECKPOINTED,
    EXIT_OK,
    RESULT_FILE_ENV,
    TRIAL_FILE_ENV,
    TrialResult,
)
from nas_core.layout import result_key
from nas_storage.directory_store import DirectoryStore
from nas_trial import main as trainer
from nas_trial.errors import StorageUnavailable
from nas_trial.work.result import record, recorded

ROOT = Path(__file__).parents[3]
CANDIDATE = {"id": "c", "architecture": architecture("333333"), "origin": "Random"}


class Container:
    """A trial's process and the files it is given."""

    def __init__(self, directory: Path) -> None:
        self.input, self.result_file = directory / "trial.json", directory / "termination-log"
        self.imports = directory / "imports.txt"

    def start(self, content: str, *program: str) -> subprocess.Popen[str]:
        """Start the trainer, or another program."""
        self.input.write_text(content)
        path = f"{ROOT / 'operator'}:{ROOT / 'trial_image'}"
        env = os.environ | {TRIAL_FILE_ENV: str(self.input), RESULT_FILE_ENV: str(self.result_file), "PYTHONPATH": path}
        command = [sys.executable, "-X", "importtime", *(program or ("-m", "nas_trial"))]
        with self.imports.open("w") as imports:
            return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=imports, text=True)

    def run(self, content: str, *program: str) -> tuple[int, TrialResult, list[dict[str, Any]]]:
        """Return exit code, result and log."""
        process = self.start(content, *program)
        output, _ = process.communicate(timeout=120)
        lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
        return process.returncode, TrialResult.model_validate_json(self.result_file.read_text()), lines


@pytest.fixture
def container(tmp_path: Path) -> Container:
    return Container(tmp_path)


@pytest.fixture
def in_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Container]:
    """The same without a process of its own, where the end comes before PyTorch is needed."""
    container = Container(tmp_path)
    monkeypatch.setenv(TRIAL_FILE_ENV, str(container.input))
    monkeypatch.setenv(RESULT_FILE_ENV, str(container.result_file))
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield container
    for number, handler in handlers.items():
        signal.signal(number, handler)


def test_a_trial_without_storage(container: Container) -> None:
    code, result, log = container.run(trial_input().model_dump_json(by_alias=True))
    assert (code, result.outcome, result.epochs, result.attempt) == (EXIT_OK, "Succeeded", 2, 1)
    assert result.metrics.keys() >= {
        *("train_loss", "train_accuracy", "val_loss", "val_accuracy", "parameters", "flops", "latency_ms"),
        *("peak_activation_bytes", "int8_peak_activation_bytes", "int8_bytes", "latency_p90_ms", "throughput_per_s"),
        *("train_seconds", "examples_per_second", "device_wait_share"),
    }
    assert 0 <= result.metrics["val_accuracy"] <= 1
    assert (result.checkpoint, result.resumed_from_epoch) == (None, None)
    assert result.dataset_hash
    assert result.dataset_hash.startswith("sha256:")
    assert [entry["epoch"] for entry in log if entry["event"] == "epoch"] == [1, 2]
    imported = {line.split("|")[-1].strip() for line in container.imports.read_text().splitlines()}
    assert "torch" in imported
    assert imported.isdisjoint({"torch._dynamo", "sympy", "boto3"}), "they take longer than PyTorch itself"


def test_a_trial_on_images_imports_no_library_that_it_does_not_use(container: Container, tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (60, 8, 8), np.uint8)
    np.savez(tmp_path / "images.npz", x=images, y=np.arange(60) % 2)
    trial = trial_input(task={"dataset": {"path": str(tmp_path / "images.npz")}})
    code, result, _ = container.run(trial.model_dump_json(by_alias=True))
    assert (code, result.outcome) == (EXIT_OK, "Succeeded")
    imported = {line.split("|")[-1].strip() for line in container.imports.read_text().splitlines()}
    assert "torch" in imported
    assert imported & {"sklearn", "scipy", "pandas", "onnxruntime", "boto3", "botocore"} == set()


def test_a_rehearsal_needs_no_pytorch(container: Container) -> None:
    evaluation = {"benchmark": {"table": "nas-bench-201-cifar10"}}
    code, result, log = container.run(trial_input(evaluation=evaluation).model_dump_json(by_alias=True))
    assert (code, result.outcome, result.epochs) == (EXIT_OK, "Succeeded", 10)
    # Where the port of /metrics is taken, a line says so; that is no part of the rehearsal.
    assert [entry["event"] for entry in log if entry["event"] != "metrics"] == ["start", "epoch"]
    imported = {line.split("|")[-1].strip() for line in container.imports.read_text().splitlines()}
    assert imported.isdisjoint({"torch", "onnxruntime", "boto3"})


def test_sigterm_ends_it_at_the_next_step(container: Container) -> None:
    endless = trial_input(evaluation={"epochs": 10_000, "batchSize": 32})
    process = container.start(endless.model_dump_json(by_alias=True))
    assert process.stdout
    for line in process.stdout:
        if '"epoch"' in line:
            break
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=20)
    assert process.returncode == EXIT_CHECKPOINTED
    assert json.loads(output.splitlines()[-1])["event"] == "stopped"
    assert not container.result_file.exists()


HANG = """
import sys, time
from types import SimpleNamespace
from nas_trial import main
from nas_trial.work import candidates
from nas_trial.process import watchdog
from nas_trial.training import engine
from nas_trial.measuring import measure
passed, at_a_look = 0, 0
def monotonic():
    global passed
    passed += at_a_look
    return passed
def hang(*_):
    global at_a_look
    at_a_look = 1801
    time.sleep(100)
watchdog.time = SimpleNamespace(monotonic=monotonic, process_time=time.process_time)
measure.hardware_metrics = lambda *_: (dict(), False)
{hangs} = hang
sys.exit(main.main())
"""
"""The watchdog's clock stands still until something hangs, as a busy machine may be slow anywhere. From then on half an
hour and a second pass at each look, so the second look without a sign of life is the first after more than an hour."""


@pytest.mark.parametrize(
    ("hangs", "what"), [("candidates.find_data", "reading the data"), ("engine.Engine._step", "candidate id-312410")]
)
def test_a_hang_ends_it(hangs: str, what: str, container: Container) -> None:
    trial = trial_input(evaluation={"epochs": 2, "batchSize": 32, "stallTimeout": "1h"})
    code, result, log = container.run(trial.model_dump_json(by_alias=True), "-c", HANG.format(hangs=hangs))
    assert (code, result.outcome, result.reason) == (1, "Failed", "Stalled")
    assert result.message.startswith(f"{what} made no progress for 3602 s (evaluation.stallTimeout)")
    assert log[-1]["reason"] == "Stalled"
    assert 'File "<string>", line 17 in hang' in container.imports.read_text()


@pytest.mark.parametrize(
    ("changes", "reason", "message"),
    [
        ({"candidates": [{"id": "c", "architecture": architecture("333333") | {"0-1": "warp"}, "origin": "Random"}]},
         "ArchitectureInvalid", "'warp'"),
        ({"candidates": [CANDIDATE | {"hyperparameters": {"rate": "0.1"}}]}, "SpecInvalid", "'rate' is unknown"),
        ({"task": {"dataset": {"uri": "s3://bucket/data.npz"}}}, "SpecInvalid", "storage"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_candidate_or_its_input_is_told(
    changes: dict[str, Any], reason: str, message: str, in_process: Container
) -> None:
    in_process.input.write_text(trial_input(**changes).model_dump_json(by_alias=True))
    assert trainer.main() == EXIT_CANDIDATE
    told = TrialResult.model_validate_json(in_process.result_file.read_text())
    assert (told.outcome, told.reason) == ("Failed", reason)
    assert message in told.message


@pytest.mark.parametrize("content", ["", "{}", '{"work": "Dance"}'])
def test_an_input_that_is_not_of_the_contract(content: str, in_process: Container) -> None:
    in_process.input.write_text(content)
    assert trainer.main() == EXIT_CANDIDATE
    assert TrialResult.model_validate_json(in_process.result_file.read_text()).reason == "InputInvalid"


class OutOfMemoryError(RuntimeError):
    """Named as torch's."""


@pytest.mark.parametrize(
    ("error", "reason", "message"),
    [
        (RuntimeError("it broke"), "Crashed", "RuntimeError: it broke"),
        (OutOfMemoryError("CUDA"), "OutOfMemory", "lower evaluation.batchSize or give the trial more memory: CUDA"),
        (MemoryError(), "OutOfMemory", "lower evaluation.batchSize"),
        (StorageUnavailable("away"), "StorageUnavailable", "away"),
    ],
)
def test_a_crash_is_told_and_may_be_tried_again(
    error: Exception, reason: str, message: str, in_process: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> TrialResult:
        raise error

    monkeypatch.setattr(trainer, "run", crash)
    in_process.input.write_text(trial_input().model_dump_json(by_alias=True))
    assert trainer.main() == 1
    told = TrialResult.model_validate_json(in_process.result_file.read_text())
    assert (told.outcome, told.reason) == ("Failed", reason)
    assert told.message.startswith(message)


def test_candidates_are_scored(container: Container) -> None:
    other = CANDIDATE | {"id": "other", "architecture": architecture("111111")}
    trial = trial_input(work="Score", proxies=["synflow"], candidates=[CANDIDATE, other])
    code, result, _ = container.run(trial.model_dump_json(by_alias=True))
    assert (code, result.outcome, result.epochs) == (EXIT_OK, "Succeeded", None)
    assert [one.id for one in result.candidates] == ["c", "other"]
    one, two = (found.metrics for found in result.candidates)
    assert one["proxy_synflow"] > two["proxy_synflow"] and one["parameters"] > two["parameters"]
    assert "val_accuracy" not in one


@pytest.mark.parametrize(("work", "stands"), [("Train", True), ("Prepare", False), ("Supernet", False)])
def test_an_earlier_result_stands_but_of_what_is_made_again_on_purpose(
    work: str, stands: bool, in_process: Container, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    store = DirectoryStore(tmp_path / "bucket")
    earlier, now = (TrialResult(outcome="Succeeded", attempt=attempt) for attempt in (1, 2))
    record(store, result_key("root", "digits-0"), earlier)
    monkeypatch.setattr(trainer, "open_bucket", lambda *_: store)
    monkeypatch.setattr(trainer, "work", lambda _: now)
    trial = trial_input(work=work, storage={"bucket": "nas", "root": "root"})
    in_process.input.write_text(trial.model_dump_json(by_alias=True))
    assert trainer.main() == EXIT_OK
    said = TrialResult.model_validate_json(in_process.result_file.read_text())
    expected = earlier if stands else now
    assert said.attempt == expected.attempt
    assert (found := recorded(store, result_key("root", "digits-0"))) and found.attempt == expected.attempt
