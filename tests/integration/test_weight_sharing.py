"""The examples of weight sharing, shortened, on this machine; and supernets that are killed, or gone."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from safetensors.torch import load_file
from tests.support.kube import condition
from tests.support.trainer_process import start_trainer
from tests.support.trials import trial_input
from torch import Tensor

from nas_client.cli.main import main as nasctl
from nas_core.contract import EXIT_OK, TrialResult
from nas_dev.paths import REPOSITORY

Json = dict[str, Any]


@dataclass
class Ended:
    """A search on this machine that has ended."""

    folder: Path
    code: int

    @property
    def status(self) -> Json:
        found: Json = yaml.safe_load((self.folder / "search.yaml").read_text())["status"]
        return found

    def trials(self, work: str) -> list[Json]:
        found = [yaml.safe_load(path.read_text()) for path in sorted((self.folder / "trials").glob("*.yaml"))]
        return [trial for trial in found if trial["spec"]["work"] == work]


def run(example: str, name: str, place: Path, change: Callable[[Json], None]) -> Ended:
    """Run an example under another name and with a changed spec, in a folder of its name."""
    manifest = yaml.safe_load((REPOSITORY / "examples" / example).read_text())
    manifest["metadata"]["name"] = name
    change(manifest["spec"])
    file = place / f"{name}.yaml"
    file.write_text(yaml.safe_dump(manifest))
    return Ended(place / name, nasctl(["run", str(file), "--dir", str(place / name)]))


def test_gradients_derive_what_is_then_trained_from_scratch(tmp_path: Path) -> None:
    def shorter(spec: Json) -> None:
        spec["strategy"]["darts"]["epochs"] = spec["evaluation"]["epochs"] = 2

    ended = run("13-darts.yaml", "darts", tmp_path, shorter)

    assert ended.code == 0
    derived = [trial["status"]["derived"][0]["architecture"] for trial in ended.trials("Supernet")]
    assert len(derived) == 2
    assert all(list(one.values()).count("skip_connect") <= 2 for one in derived)
    candidates = [trial["spec"]["candidates"][0] for trial in ended.trials("Train")]
    assert {candidate["origin"] for candidate in candidates} == {"Supernet"}
    # Both runs may derive the same one.
    assert {json.dumps(one["architecture"]) for one in candidates} == {json.dumps(one) for one in derived}
    assert ended.status["best"][0]["trial"] in {trial["metadata"]["name"] for trial in ended.trials("Train")}


def short(spec: Json) -> None:
    """Make of the example with evolution one of two packs of eight."""
    spec["evaluation"]["supernet"]["epochs"] = 4
    spec["evaluation"]["candidatesPerTrial"] = 8
    spec["strategy"]["regularizedEvolution"] = {"populationSize": 4, "sampleSize": 2}
    spec["budget"]["maxTrials"] = 16
    spec["retrain"] = {"epochs": 2, "top": 2}


def reusing(spec: Json) -> None:
    """Make of it one pack with the supernet of another search."""
    short(spec)
    del spec["retrain"]
    spec["evaluation"]["supernet"] = {"from": {"search": "first"}}
    spec["budget"]["maxTrials"] = 8


def test_evolution_chooses_with_shared_weights_which_another_search_uses_too(tmp_path: Path) -> None:
    first = run("14-single-path.yaml", "first", tmp_path, short)

    assert first.code == 0
    [supernet], packs = first.trials("Supernet"), first.trials("Train")
    address = first.status["supernet"]["address"]
    assert address == supernet["status"]["checkpoint"]
    assert [len(pack["spec"]["candidates"]) for pack in packs] == [8, 8]
    assert all("train_seconds" not in one["metrics"] for pack in packs for one in pack["status"]["candidates"])
    assert len(first.trials("Retrain")) == len(first.status["retrained"]) == 2
    assert all(trial["status"]["metrics"]["train_seconds"] > 0 for trial in first.trials("Retrain"))

    second = run("14-single-path.yaml", "second", tmp_path, reusing)

    assert second.code == 0 and not second.trials("Supernet")
    assert second.status["supernet"] == first.status["supernet"]
    # The same seed, space and weights: what both begin with has the same values.
    [pack] = second.trials("Train")
    assert values(pack) == values(packs[0])


def values(pack: Json) -> list[tuple[str, float]]:
    """Return the candidates of a pack with their accuracies."""
    results = pack["status"]["candidates"]
    return [
        (candidate["id"], result["metrics"]["val_accuracy"])
        for candidate, result in zip(pack["spec"]["candidates"], results, strict=True)
    ]


def test_the_supernet_of_a_search_that_is_gone_is_not_there(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    ended = run("14-single-path.yaml", "second", tmp_path, reusing)

    assert ended.code != 0 and not ended.trials("Train")
    found = condition({"status": ended.status}, "Accepted")
    assert (found["status"], found["reason"]) == ("False", "SupernetNotFound")
    assert "there is no NASSearch 'first'" in found["message"] and "correct the name" in found["message"]
    assert found["message"] in capfd.readouterr().out


EPOCHS = 6
SMALL: Json = {
    "work": "Supernet",
    "candidates": [],
    "evaluation": {"epochs": 1, "batchSize": 32, "deterministic": True},
}


@dataclass
class Trial:
    """Attempts of one trial of work Supernet, each a process, with a folder as the bucket."""

    folder: Path
    changes: Json

    def start(self, attempt: int) -> subprocess.Popen[str]:
        self.folder.mkdir(exist_ok=True)
        storage = {"bucket": "bucket", "root": "root", "folder": str(self.folder / "bucket")}
        given = trial_input(storage=storage, **SMALL | self.changes).to_dict()
        given["identity"]["attempt"] = attempt
        return start_trainer(self.folder, given)

    def kill(self, attempt: int, epoch: int) -> list[Json]:
        """Start an attempt and kill it without a word when it has done so many epochs; return its log."""
        process, log = self.start(attempt), []
        assert process.stdout
        for line in process.stdout:
            log.append(json.loads(line))
            if log[-1]["event"] == "epoch" and log[-1]["epoch"] == epoch:
                break
        process.kill()
        assert process.wait() == -signal.SIGKILL, log
        return log

    def finish(self, process: subprocess.Popen[str]) -> TrialResult:
        log, _ = process.communicate(timeout=300)
        assert process.returncode == EXIT_OK, log
        return TrialResult.model_validate_json((self.folder / "result.json").read_text())

    def weights(self, result: TrialResult) -> Mapping[str, Tensor]:
        """Return all tensors of the checkpoint that a result names."""
        assert result.checkpoint is not None
        return load_file(self.folder / "bucket" / result.checkpoint.removeprefix("s3://bucket/"))


@pytest.mark.parametrize(
    "changes",
    [
        {"evaluation": SMALL["evaluation"] | {"supernet": {"training": "enas", "epochs": EPOCHS}}},
        {"strategy": {"darts": {"epochs": EPOCHS}}},
    ],
    ids=["shared weights", "gradients"],
)
def test_a_supernet_that_is_killed_twice_ends_as_if_undisturbed(changes: Json, tmp_path: Path) -> None:
    undisturbed, killed = Trial(tmp_path / "undisturbed", changes), Trial(tmp_path / "killed", changes)
    beside = undisturbed.start(1)
    for attempt, epoch in ((1, 2), (2, 4)):
        log = killed.kill(attempt, epoch)
        assert any(line["event"] == "resumed" for line in log) == (attempt > 1)
    result = killed.finish(killed.start(3))
    wanted = undisturbed.finish(beside)

    assert result.attempt == 3 and result.resumed_from_epoch is not None and 0 < result.resumed_from_epoch < EPOCHS
    assert lasting(result.metrics) == lasting(wanted.metrics)
    assert [one.architecture for one in result.derived] == [one.architecture for one in wanted.derived]
    assert [lasting(one.metrics) for one in result.derived] == [lasting(one.metrics) for one in wanted.derived]
    found, expected = killed.weights(result), undisturbed.weights(wanted)
    assert found.keys() == expected.keys()
    assert [name for name in expected if not torch.equal(found[name], expected[name])] == []


def lasting(metrics: Mapping[str, float]) -> dict[str, float]:
    """Return the metrics that do not depend on time."""
    timed = ("train_seconds", "examples_per_second", "device_wait_share")
    return {name: value for name, value in metrics.items() if name not in timed}
