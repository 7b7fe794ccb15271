"""The trainer's entry point with a directory for its bucket and a network without batch normalisation.

The bucket is a directory of its name beside the trial's input. For tests of the whole process that need a storage.
PyTorch is imported only where it is by the trainer itself: not by what starts its processes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from nas_core.contract import NODES_ENV, PROCESSES_ENV, RESULT_FILE_ENV, TRIAL_FILE_ENV, TrialInput, TrialResult
from nas_storage.directory_store import DirectoryStore
from nas_trial import main

ROOT = Path(__file__).parents[2]


def start(
    trial: TrialInput,
    directory: Path,
    processes: int,
    module: str = __name__,
    pod: Mapping[str, str] = MappingProxyType({}),
) -> subprocess.Popen[str]:
    """Start it, or the trainer as it is; input and result file are in the directory.

    ``pod``: what the operator tells one of several pods.
    """
    directory.mkdir(exist_ok=True)
    (directory / "trial.json").write_text(trial.model_dump_json(by_alias=True))
    env = os.environ | {
        "PYTHONPATH": f"{ROOT / 'operator'}:{ROOT / 'trial_image'}:{ROOT}",
        PROCESSES_ENV: str(processes),
        TRIAL_FILE_ENV: str(directory / "trial.json"),
        RESULT_FILE_ENV: str(directory / "result"),
        **pod,
    }
    return subprocess.Popen([sys.executable, "-m", module], env=env, stdout=subprocess.PIPE, text=True)


def follow(process: subprocess.Popen[str], event: str) -> Any:
    """Return the next line of the log with an event."""
    assert process.stdout
    return json.loads(next(line for line in process.stdout if f'"event": "{event}"' in line))


def finish(process: subprocess.Popen[str], directory: Path) -> tuple[int, TrialResult, str]:
    """Wait for the end; return exit code, result and the rest of the log."""
    try:
        log = process.communicate(timeout=300)[0]
    finally:
        process.kill()
    return process.returncode, TrialResult.model_validate_json((directory / "result").read_text()), log


def process_of(process: subprocess.Popen[str], rank: int) -> int:
    """Return the id of a rank's process."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    [found] = [pid for pid in children if f"\0RANK={rank}\0".encode() in Path(f"/proc/{pid}/environ").read_bytes()]
    return int(found)


def linear(*_: Any) -> Any:
    """Return a network for the digits: one layer."""
    from torch import nn

    class Linear(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(64, 10)

        def forward(self, inputs: Any) -> Any:
            return self.layer(inputs["image"].flatten(1))

    return Linear()


def replace_parts() -> None:
    from nas_trial.measuring import measure
    from nas_trial.training import distributed
    from nas_trial.work import train

    beside = Path(os.environ[TRIAL_FILE_ENV]).parent
    main.open_bucket = lambda location, stop: DirectoryStore(beside / location.bucket)  # type: ignore[assignment,attr-defined,misc]
    train.build_network = linear  # type: ignore[assignment,attr-defined]
    measure.hardware_metrics = lambda *_: ({"parameters": 650.0}, False)
    distributed.AGREE_EVERY_S = 0.05


if __name__ == "__main__":
    if "RANK" in os.environ or (os.environ[PROCESSES_ENV] == "1" and NODES_ENV not in os.environ):
        replace_parts()
    sys.exit(main.main())
