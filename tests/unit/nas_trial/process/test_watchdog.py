"""Each case is a process of its own: the watchdog ends it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

TRIAL_IMAGE = Path(__file__).parents[4] / "trial_image"
BEGIN = """
import ctypes, time
from nas_trial.process.watchdog import Watchdog
watchdog = Watchdog(lambda why: print("told:", why, flush=True), poll_s=0.05, later_s={later})
"""


def run(body: str, later: float = 60.0) -> tuple[int, str, str]:
    """Return exit code, output and errors."""
    env = os.environ | {"PYTHONPATH": str(TRIAL_IMAGE)}
    command = [sys.executable, "-c", BEGIN.format(later=later) + body]
    process = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)
    return process.returncode, process.stdout, process.stderr


def test_a_hang_ends_the_process_and_says_where() -> None:
    code, output, errors = run("with watchdog.watching(0.3, 'training'):\n    watchdog.beat()\n    time.sleep(50)")
    assert code == 1
    assert output.startswith("told: training made no progress for 0 s (evaluation.stallTimeout)")
    assert 'File "<string>"' in errors


def test_a_hang_that_holds_the_interpreter_ends_it_too() -> None:
    """A function that is called through PyDLL keeps the lock of the interpreter."""
    code, output, errors = run("with watchdog.watching(0.3, 'training'):\n    ctypes.PyDLL(None).sleep(50)", later=0.5)
    assert (code, output) == (1, "")
    assert "Timeout" in errors


def test_beats_keep_it_alive_and_afterwards_nobody_watches() -> None:
    body = """
with watchdog.watching(0.6, 'training'):
    for _ in range(10):
        watchdog.beat()
        time.sleep(0.1)
time.sleep(0.8)
print("alive")
"""
    assert run(body) == (0, "alive\n", "")


def test_where_nothing_beats_computing_keeps_it_alive_and_waiting_does_not() -> None:
    body = """
from nas_trial.process import watchdog as module
module.COMPUTED_S = 0.05
with watchdog.watching(1.0, 'reading the data', computing=True):
    begun = time.monotonic()
    while time.monotonic() - begun < 2:
        pass
    print("computed", flush=True)
    time.sleep(50)
"""
    code, output, _ = run(body)
    assert code == 1
    assert output.startswith("computed\ntold: reading the data made no progress for 1 s")
