"""An attempt of a trial in a process of its own, started as its container starts it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from nas_core.contract import RESULT_FILE_ENV, TRIAL_FILE_ENV

REPOSITORY = Path(__file__).parents[2]
RESULT = "result.json"
"""Name of the result file in the attempt's folder."""


def start_trainer(folder: Path, given: dict[str, Any]) -> subprocess.Popen[str]:
    """Start an attempt with an input, as it is in JSON; its files are in ``folder``."""
    (folder / "trial.json").write_text(json.dumps(given))
    env = os.environ | {
        TRIAL_FILE_ENV: str(folder / "trial.json"),
        RESULT_FILE_ENV: str(folder / RESULT),
        "PYTHONPATH": f"{REPOSITORY / 'operator'}:{REPOSITORY / 'trial_image'}",
        # Small networks on more threads than there are free cores: 200 s instead of seconds.
        "OMP_NUM_THREADS": "1",
    }
    return subprocess.Popen([sys.executable, "-m", "nas_trial"], env=env, stdout=subprocess.PIPE, text=True)
