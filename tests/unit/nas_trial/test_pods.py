"""The whole trainer in two pods of one machine: equal to one pod, stopped, killed, and gone on with.

What is between pods on a cluster, their names and its network, is in `tests/e2e/test_nodes.py`.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from tests.support.trainer_without_s3 import finish, follow, process_of, start
from tests.support.trials import trial_input

from nas_core.contract import EXIT_CHECKPOINTED, TrialInput

EVALUATION = {"epochs": 20, "batchSize": 32, "optimizer": {"learningRate": "0.01"}, "stallTimeout": "2m"}


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def pod(trial: TrialInput, directory: Path, node: int, port: int, processes: int = 1) -> subprocess.Popen[str]:
    told = {"NAS_NODES": "2", "NAS_NODE": str(node), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    on_this_machine = {"GLOO_SOCKET_IFNAME": "lo"}
    return start(trial, directory / f"pod-{node}", processes, pod=told | on_this_machine)


def both(trial: TrialInput, directory: Path, port: int, processes: int = 1) -> list[subprocess.Popen[str]]:
    return [pod(trial, directory, node, port, processes) for node in (0, 1)]


def stored(**changes: Any) -> TrialInput:
    """A trial with a bucket, which is beside the input of its first pod."""
    return trial_input(storage={"bucket": "bucket", "root": "root"}, evaluation=EVALUATION | changes)


def weights(directory: Path) -> dict[str, torch.Tensor]:
    """The weights after the last epoch."""
    found = (directory / "bucket").rglob("e*.safetensors")
    return load_file(max(found, key=lambda file: int(file.name.split("-")[0][1:])))


@pytest.mark.parametrize("each", [1, 2])
def test_two_pods_train_what_as_many_processes_of_one_pod_train(each: int, tmp_path: Path, port: int) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    two.mkdir()
    alone, told, _ = finish(start(stored(epochs=2), one, processes=2 * each), one)
    first, second = both(stored(epochs=2), two, port, each)
    code, together, log = finish(first, two / "pod-0")
    assert (alone, code, second.wait(60)) == (0, 0, 0)
    timed = {"train_seconds", "examples_per_second", "device_wait_share"}
    assert {k: v for k, v in told.metrics.items() if k not in timed} == {
        k: v for k, v in together.metrics.items() if k not in timed
    }
    ours, theirs = weights(two / "pod-0"), weights(one)
    assert ours.keys() == theirs.keys() and all(torch.equal(ours[name], theirs[name]) for name in ours)
    assert log.count('"event": "epoch"') == 2
    assert not (two / "pod-1" / "result").exists(), "the first pod alone tells the result"


def test_one_that_is_stopped_stops_both_with_a_checkpoint_and_both_go_on(tmp_path: Path, port: int) -> None:
    trial = stored()
    first, second = both(trial, tmp_path, port)
    follow(first, "epoch")
    second.send_signal(signal.SIGTERM)
    assert (first.wait(60), second.wait(60)) == (EXIT_CHECKPOINTED, EXIT_CHECKPOINTED)
    again, other = both(trial, tmp_path, port)
    code, told, _ = finish(again, tmp_path / "pod-0")
    assert (code, other.wait(60)) == (0, 0)
    assert told.resumed_from_epoch and told.epochs == 20


@pytest.mark.parametrize("killed", [0, 1])
def test_one_that_is_killed_interrupts_the_other_soon(killed: int, tmp_path: Path, port: int) -> None:
    pods = both(stored(epochs=2000), tmp_path, port)
    follow(pods[0], "epoch")
    began = time.monotonic()
    for pid in (process_of(pods[killed], killed), pods[killed].pid):
        os.kill(pid, signal.SIGKILL)
    other = pods[1 - killed]
    other.communicate(timeout=60)
    assert other.returncode == EXIT_CHECKPOINTED
    assert time.monotonic() - began < 30
    assert not (tmp_path / f"pod-{1 - killed}" / "result").exists(), "it has not failed"
    pods[killed].communicate()


def test_a_process_that_dies_is_the_failure_of_its_pod_alone(tmp_path: Path, port: int) -> None:
    first, second = both(stored(epochs=2000), tmp_path, port)
    follow(first, "epoch")
    os.kill(process_of(second, 1), signal.SIGKILL)
    code, told, _ = finish(second, tmp_path / "pod-1")
    assert (code, told.reason) == (1, "Crashed") and "signal SIGKILL" in told.message
    first.communicate(timeout=60)
    assert first.returncode == EXIT_CHECKPOINTED


def test_one_that_stays_alone_says_whom_it_misses(tmp_path: Path, port: int) -> None:
    alone = pod(stored(stallTimeout="2s"), tmp_path, 0, port)
    code, told, _ = finish(alone, tmp_path / "pod-0")
    assert (code, told.reason) == (1, "PodsMissing")
    assert "these did not come within 2 s (evaluation.stallTimeout), counted from 0: 1" in told.message
