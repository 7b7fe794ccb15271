from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import atexit, os, sys
from nas_trial.process.ending import end_with

class Native:
    def __del__(self):
        os.abort()

def work():
    global kept
    kept = Native()
    atexit.register(lambda: print("removed", flush=False))
    {end}

sys.exit(end_with(work))
"""


def run(end: str) -> tuple[int, str]:
    ended = subprocess.run([sys.executable, "-c", PROGRAM.format(end=end)], capture_output=True, text=True, check=False)
    return ended.returncode, ended.stdout


def test_native_code_that_aborts_at_the_end_does_not_hide_the_exit_code() -> None:
    assert run("return 75") == (75, "removed\n")


def test_an_error_of_the_work_is_a_crash() -> None:
    assert run("raise SystemError('of the work')") == (1, "removed\n")
