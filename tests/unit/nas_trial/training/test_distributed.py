"""Two processes over gloo, started once for all tests, by torchrun.

`tests.support.training_processes` is what they do.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.support import training_processes as work

from nas_trial.training import distributed
from nas_trial.training.pace import step_ends

ROOT = Path(__file__).parents[4]
Found = dict[str, Any]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[Found]:
    """What each process found."""
    directory = tmp_path_factory.mktemp("group")
    env = os.environ | {"PYTHONPATH": f"{ROOT / 'operator'}:{ROOT / 'trial_image'}:{ROOT}", "OMP_NUM_THREADS": "1"}
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "-m"]
    subprocess.run([*torchrun, work.__name__, str(directory)], env=env, check=True)
    return [torch.load(directory / f"{rank}.pt") for rank in (0, 1)]


def assert_alike(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> None:
    """Equal but for the order in which numbers are added."""
    assert one.keys() == other.keys()
    assert all(torch.allclose(value, other[name], atol=1e-5) for name, value in one.items())


@pytest.mark.parametrize("how", ["plain", "alike", "hungry"])
def test_it_learns_what_one_process_learns(how: str, found: list[Found]) -> None:
    begun = work.engine(work.seeded(0), work.examples(), None)
    alone = work.trained(work.move(begun) if how == "alike" else begun)
    for process in found:
        assert_alike(process[how]["network"], alone["network"])
        assert_alike(process[how]["average"], alone["average"])
        for name in ("train_loss", "train_accuracy", "val_loss", "val_accuracy"):
            assert process[how]["metrics"][name] == pytest.approx(alone["metrics"][name], rel=1e-4)


@pytest.mark.parametrize("how", ["plain", "normalised", "hungry"])
def test_the_processes_do_not_drift_apart(how: str, found: list[Found]) -> None:
    one, other = (process[how] for process in found)
    for of in ("network", "average"):
        assert all(torch.equal(value, other[of][name]) for name, value in one[of].items())
    assert one["metrics"]["val_loss"] == other["metrics"]["val_loss"]


def test_statistics_of_batch_normalisation_are_of_all_examples(found: list[Found]) -> None:
    """Means over the processes are means over the batch, of which each has a half here but for one example."""
    alone = work.trained(work.engine(work.seeded(0, norm=True), work.examples(), None))
    assert torch.allclose(
        found[0]["normalised"]["network"]["body.2.running_mean"], alone["network"]["body.2.running_mean"], atol=0.1
    )
    assert found[0]["normalised"]["metrics"]["val_loss"] == pytest.approx(alone["metrics"]["val_loss"], rel=0.1)


def test_one_that_runs_out_of_memory_takes_smaller_parts_alone_and_all_remember(found: list[Found]) -> None:
    assert [process["hungry"]["parts"] for process in found] == [4, 4]
    assert [process["hungry"]["metrics"]["micro_batch"] for process in found] == [4, 4]


def test_all_stop_at_the_same_step_when_one_is_asked_to(found: list[Found]) -> None:
    one, other = (process["stopped"] for process in found)
    assert one == other
    assert (one["epoch"], one["step"], one["sums"]["seen"]) == (1, 1, step_ends(len(work.examples().train), 33)[0])


def test_checkpoints_within_epochs_that_one_wants_change_nothing_and_can_be_gone_on_from(found: list[Found]) -> None:
    for process in found:
        saved, undisturbed = process["saved within"], process["normalised"]
        steps = len(step_ends(len(work.examples().train), 33))
        assert saved["saves"] == 2 * steps + 2, "before each step, and after each epoch"
        for of in ("network", "average"):
            assert all(torch.equal(value, undisturbed[of][name]) for name, value in saved[of].items())
            # Weights bit for bit; running statistics are means over the processes sooner, which rounds otherwise.
            again = saved["again"][of]
            exact = [name for name in again if "running" not in name]
            assert all(torch.equal(again[name], undisturbed[of][name]) for name in exact)
            assert_alike(again, undisturbed[of])
        assert saved["metrics"]["train_loss"] == undisturbed["metrics"]["train_loss"]
        assert saved["again"]["metrics"]["train_loss"] == pytest.approx(undisturbed["metrics"]["train_loss"], rel=1e-12)


def test_of_several_candidates_all_evaluate_the_same(found: list[Found]) -> None:
    assert [process["packed"] for process in found] == [["b", "c"], ["b", "c"]]


@pytest.mark.parametrize(
    ("what", "reason", "message"),
    [
        ("diverged", "LossNotFinite", "lower evaluation.optimizer.learningRate"),
        ("too few", "SpecInvalid", "batches of 1: each of 2 GPUs needs at least 1 example; raise evaluation.batchSize"),
        ("from first", "DatasetInvalid", "no rows"),
    ],
)
def test_a_rejection_comes_to_all(what: str, reason: str, message: str, found: list[Found]) -> None:
    for process in found:
        assert process[what][0] == reason
        assert message in process[what][1]


def test_alone_there_is_no_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    assert distributed.join() is None


def test_every_process_needs_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"WORLD_SIZE": "4", "RANK": "3", "LOCAL_RANK": "3"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    with pytest.raises(RuntimeError, match="4 processes need a GPU each, but the container has 2"):
        distributed.join()


def test_what_the_first_has_comes_to_all_as_it_is(found: list[Found]) -> None:
    for process in found:
        tensors, numbers = process["sent"]["tensors"], process["sent"]["numbers"]
        assert torch.equal(tensors["a"], torch.full((2, 3), 0.1, dtype=torch.float64)) and int(tensors["b"]) == 7
        assert numbers == {"third": 1 / 3, "infinite": float("inf")}
        assert process["sent"]["of the pod"] == [0], "all are in one pod"


def test_nothing_of_it_is_unpickled() -> None:
    """Pods of one trial talk over the network, where what comes could be anybody's."""
    source = Path(distributed.__file__).read_text()
    assert not any(word in source for word in ("pickle", "object_list", "torch.load", "all_gather_object"))
