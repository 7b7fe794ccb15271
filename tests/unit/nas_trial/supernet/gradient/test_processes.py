"""Two processes over gloo, started once for all tests, by torchrun."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.support import gradient_processes as work

ROOT = Path(__file__).parents[5]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What each process found."""
    directory = tmp_path_factory.mktemp("group")
    env = os.environ | {"PYTHONPATH": f"{ROOT / 'operator'}:{ROOT / 'trial_image'}:{ROOT}", "OMP_NUM_THREADS": "1"}
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "-m"]
    subprocess.run([*torchrun, work.__name__, str(directory)], env=env, check=True, timeout=300)
    return [torch.load(directory / f"{rank}.pt") for rank in (0, 1)]


@pytest.mark.parametrize("name", [*work.SETTINGS, *work.SHARED])
def test_the_processes_search_in_step(name: str, found: list[dict[str, Any]]) -> None:
    one, other = (process[name] for process in found)

    assert one["architecture"] == other["architecture"]
    assert one["metrics"] == other["metrics"]
    differing = {key for key, value in one["tensors"].items() if not torch.equal(value, other["tensors"][key])}
    assert differing == set()
