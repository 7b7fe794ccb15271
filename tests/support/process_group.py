"""Processes that work together, as those of one attempt on several GPUs do, without the launcher's result file."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import torch

from nas_trial.process.launcher import LOOPBACK, RENDEZVOUS_ENV, wait

ROOT = Path(__file__).parents[2]
COUNT = 2


def run_together(module: str, directory: Path) -> list[dict[str, Any]]:
    """Run a module in two processes, each with the directory as argument; return what each saved as ``<rank>.pt``.

    No torchrun, which imports PyTorch once more, and no time limit of its own: beside other work on all cores, the
    start alone takes minutes. One that hangs ends with the limit of the test.
    """
    shared = {
        "PYTHONPATH": f"{ROOT / 'operator'}:{ROOT / 'trial_image'}:{ROOT}",
        "OMP_NUM_THREADS": "1",
        "WORLD_SIZE": str(COUNT),
        RENDEZVOUS_ENV: f"file://{directory}/rendezvous",
    }
    command = [sys.executable, "-m", module, str(directory)]
    processes = [
        subprocess.Popen(command, env=os.environ | LOOPBACK | shared | {"RANK": str(rank), "LOCAL_RANK": str(rank)})
        for rank in range(COUNT)
    ]
    try:
        ended = wait(processes)
    finally:
        for process in processes:
            process.kill()
    assert ended == dict.fromkeys(range(COUNT), 0)
    return [torch.load(directory / f"{rank}.pt") for rank in range(COUNT)]
