"""What Weights & Biases' own package makes of a search, and takes for `wandb sync`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.support import wandb_log
from tests.support.reports import reported
from tests.support.wandb_log import LoggedRun
from tests.support.wandb_server import WandbServer

from nas_client.errors import InvalidInput
from nas_client.wandb import FOLDER, send_runs, write_runs
from nas_core.records.search import ReadableSearch
from nas_core.records.trial import TrialView

COUNT = 12
SETTINGS: dict[str, Any] = {"hyperparameters": [{"name": "learningRate", "real": {"min": "0.01", "max": "0.1"}}]}


@pytest.fixture(autouse=True)
def nobody_is_logged_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("WANDB_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[WandbServer]:
    with WandbServer() as server:
        monkeypatch.setenv("WANDB_BASE_URL", server.url)
        monkeypatch.setenv("WANDB_API_KEY", "k" * 40)
        yield server


def folders(tmp_path: Path) -> dict[str, Path]:
    """Return the folder of each run, by the run's name."""
    return {wandb_log.read(path).run.display_name: path for path in (tmp_path / "to" / FOLDER).iterdir()}


def logged(tmp_path: Path) -> dict[str, LoggedRun]:
    return {name: wandb_log.read(path) for name, path in folders(tmp_path).items()}


def test_each_candidate_is_a_run_and_the_search_is_one(tmp_path: Path) -> None:
    search, trials = reported(COUNT, message="out of memory", **SETTINGS)
    seen = list[int]()
    assert write_runs(search, trials, tmp_path / "to", "vision", seen.append) == COUNT + 1
    assert seen == list(range(1, COUNT + 2))
    found = logged(tmp_path)
    assert found.keys() == {search.meta.name, *(trial.meta.name for trial in trials)}
    assert {(one.run.project, one.run.run_group) for one in found.values()} == {("vision", search.meta.name)}
    trial = next(trial for trial in trials if trial.succeeded)
    one, [candidate] = found[trial.meta.name], trial.spec.candidates
    assert (one.run.run_id, one.run.job_type, one.exit_code) == (trial.meta.uid, "Train", 0)
    assert trial.status.start_time and one.config["nas"]["started"] == trial.status.start_time.isoformat()
    assert one.config["architecture"] == dict(candidate.architecture)
    rate = float(candidate.hyperparameters["learningRate"])
    assert one.config["hyperparameters"] == {"learningRate": pytest.approx(rate)}
    assert (one.config["nas"]["trial"], one.config["nas"]["status"]) == (trial.meta.name, "FINISHED")
    assert one.summary["val_accuracy"] == pytest.approx(trial.status.metrics["val_accuracy"])
    failed = found[next(trial.meta.name for trial in trials if not trial.succeeded)]
    assert failed.exit_code == 1 and "out of memory" in failed.config["nas"]["failure"]


def test_a_curve_is_the_history(tmp_path: Path) -> None:
    search, trials = reported(COUNT)
    write_runs(search, trials, tmp_path / "to", "p")
    trial = next(trial for trial in trials if trial.succeeded and trial.status.curve)
    curve = trial.status.curve
    assert curve is not None
    history = logged(tmp_path)[trial.meta.name].history
    assert [row["_step"] for row in history] == curve.epochs
    assert history[0]["val_accuracy"] == pytest.approx(curve.values["val_accuracy"][0])
    began, over = trial.status.start_time, trial.status.completion_time
    assert (
        began
        and over
        and (history[0]["_timestamp"], history[-1]["_timestamp"])
        == (
            began.timestamp(),
            over.timestamp(),
        )
    )


def test_the_search_has_its_best_so_far(tmp_path: Path) -> None:
    search, trials = reported(COUNT)
    write_runs(search, trials, tmp_path / "to", "p")
    one = logged(tmp_path)[search.meta.name]
    best = [row["best_val_accuracy"] for row in one.history if "best_val_accuracy" in row]
    reached = max(trial.status.metrics["val_accuracy"] for trial in trials if trial.succeeded)
    assert best == sorted(best) and best[-1] == pytest.approx(reached)
    assert (one.run.job_type, one.run.run_id) == ("search", search.meta.uid)


def test_to_write_it_again_doubles_nothing_and_leaves_alone_what_has_not_changed(tmp_path: Path) -> None:
    search, trials = reported(COUNT)
    write_runs(search, trials[:5], tmp_path / "to", "p")
    first = folders(tmp_path)
    # So does wandb mark what it has sent.
    for path in first.values():
        (path / f"{path.name}.wandb.synced").touch()
    write_runs(search, trials, tmp_path / "to", "p")
    again = folders(tmp_path)
    assert len(again) == len(list((tmp_path / "to" / FOLDER).iterdir())) == COUNT + 1
    kept = {name for name, path in again.items() if list(path.glob("*.synced"))}
    assert kept == {trial.meta.name for trial in trials[:5]}
    assert [path.name for path in (tmp_path / "to").iterdir()] == [FOLDER]


def test_nothing_is_told_of_this_machine(tmp_path: Path) -> None:
    search, trials = reported(1)
    write_runs(search, trials, tmp_path / "to", "p")
    [path] = [path for name, path in folders(tmp_path).items() if name != search.meta.name]
    assert wandb_log.read(path).run.host == "nasctl"
    assert [file.name for file in (path / "files").iterdir()] == []


def check(server: WandbServer, search: ReadableSearch, trials: Sequence[TrialView]) -> None:
    """Check that the server has each run once, with its curve."""
    names = {trial.meta.uid: trial.meta.name for trial in trials} | {search.meta.uid: search.meta.name}
    assert {run: given["displayName"] for run, given in server.runs.items()} == names
    assert {given["project"] for given in server.runs.values()} == {"p"}
    assert server.exit_codes == dict.fromkeys(server.runs, 0)
    for trial in trials:
        curve = trial.status.curve
        assert curve and [row["_step"] for row in server.history[trial.meta.uid].values()] == curve.epochs
        config = json.loads(server.runs[trial.meta.uid]["config"])
        assert config["architecture"]["value"] == dict(trial.spec.candidates[0].architecture)


def test_wandb_sync_sends_them(tmp_path: Path, server: WandbServer) -> None:
    search, trials = reported(2)
    write_runs(search, trials, tmp_path / "to", "p")
    sync = [sys.executable, "-m", "wandb", "sync", "--yes"]
    done = subprocess.run(sync, cwd=tmp_path / "to", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    check(server, search, trials)


def test_they_are_sent_at_once_and_again_without_doubles(server: WandbServer) -> None:
    search, trials = reported(2)
    for _ in range(2):
        assert send_runs(search, trials, "p") == 3
    check(server, search, trials)


def test_without_a_user_nothing_is_sent(server: WandbServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WANDB_API_KEY")
    with pytest.raises(InvalidInput, match=r"wandb: .*API key"):
        send_runs(*reported(1), "p")
    assert server.runs == {}


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidInput, match=r"file/x cannot be written: Not a directory; name another folder"):
        write_runs(*reported(1), tmp_path / "file" / "x", "p")


def test_a_project_that_cannot_be_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="wandb: Invalid project name 'a/b'"):
        write_runs(*reported(1), tmp_path / "to", "a/b")
