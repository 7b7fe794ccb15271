from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from tests.support.trials import trial_input

from nas_core.api.trial import NASTrialSpec, NASTrialStatus
from nas_core.records.metadata import Meta
from nas_core.records.trial import TrialView
from nas_local.attempts import LOG_BYTES, Attempt, Resources, end_leftovers, visible_gpus

SECOND = timedelta(seconds=1)
SPEC = {"index": 0, "basis": 0, "seed": 1, "candidates": [{"id": "a" * 16, "architecture": {}, "origin": "Random"}]}
TRIAL = TrialView(
    Meta("default", "digits-0", "uid-t", 1, None, "uid-s", "digits"),
    NASTrialSpec.model_validate(SPEC),
    NASTrialStatus(),
)
STOPPABLE = "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(75)); print('up', flush=True); "


def attempt(
    program: str, folder: Path, deadline: timedelta | None = None, grace: timedelta = SECOND, **environment: str
) -> Attempt:
    resources = Resources(threads=1, environment=environment)
    command = (sys.executable, "-c", program)
    return Attempt(TRIAL, trial_input(), folder, resources, "hash", deadline, grace, lambda: None, command)


async def finished(program: str, folder: Path, deadline: timedelta | None = None) -> Attempt:
    made = attempt(program, folder, deadline)
    await made.wait()
    return made


async def started(made: Attempt) -> None:
    await until(lambda: (made.log_tail() or "").startswith("up"))


async def until(check: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not check():  # noqa: ASYNC110 - what is waited for is in another process
            await asyncio.sleep(0.02)


WRITES = "import os; open(os.environ['NAS_RESULT_FILE'], 'w').write('told'); "


async def test_what_it_reports_is_its_termination_message(tmp_path: Path) -> None:
    made = await finished(WRITES + "print('hello')", tmp_path)
    [pod] = made.pods
    assert (pod.phase, pod.exit_code, pod.message) == ("Succeeded", 0, "told")
    assert made.job.complete and made.job.end_time is not None
    assert made.log_tail() == "hello"


@pytest.mark.parametrize(
    ("program", "reason", "code"),
    [
        ("raise SystemExit(64)", "PodFailurePolicy", 64),
        ("raise SystemExit(1)", "BackoffLimitExceeded", 1),
        ("import os; os.kill(os.getpid(), 9)", "BackoffLimitExceeded", 137),
    ],
)
async def test_how_it_ends_is_said_as_kubernetes_says_it(program: str, reason: str, code: int, tmp_path: Path) -> None:
    made = await finished(program, tmp_path)
    assert (made.job.failed_reason, made.pods[-1].exit_code) == (reason, code)
    assert not made.pods[-1].meta.deleting


async def test_a_program_that_is_not_there_is_a_failure(tmp_path: Path) -> None:
    made = attempt("", tmp_path)
    made._program = ("/absent/program",)
    await made.wait()
    assert made.job.failed_reason == "BackoffLimitExceeded"
    assert "No such file" in made.pods[-1].message


async def test_it_is_stopped_with_time_for_a_checkpoint(tmp_path: Path) -> None:
    made = attempt(STOPPABLE + "signal.pause()", tmp_path, grace=20 * SECOND)
    await started(made)
    made.stop()
    await made.wait()
    assert made.job.meta.deleting
    assert made.pods[-1].exit_code == 75


async def test_one_that_does_not_stop_is_killed(tmp_path: Path) -> None:
    made = attempt(
        "import signal; signal.signal(15, signal.SIG_IGN); print('up', flush=True); signal.pause()", tmp_path
    )
    await started(made)
    made.stop()
    await made.wait()
    assert made.pods[-1].exit_code == 137


async def test_one_that_says_that_it_was_stopped_is_started_again(tmp_path: Path) -> None:
    program = (
        "import pathlib, sys; mark = pathlib.Path('mark'); first = not mark.exists(); mark.touch(); "
        "sys.exit(75 if first else 0)"
    )
    made = await finished(program, tmp_path)
    assert [pod.exit_code for pod in made.pods] == [75, 0]
    assert made.job.complete


async def test_one_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    made = await finished("import time; time.sleep(60)", tmp_path, SECOND / 2)
    assert made.job.failed_reason == "DeadlineExceeded"
    assert made.pods[-1].ended


async def test_a_log_is_bounded_and_a_long_line_is_read(tmp_path: Path) -> None:
    made = await finished(f"import sys; sys.stdout.write('x' * {LOG_BYTES + 3_000_000})", tmp_path)
    assert made.job.complete
    assert (tmp_path / "digits-0-a1/log.jsonl").stat().st_size == LOG_BYTES


async def test_the_port_of_its_metrics_is_learned_from_the_log(tmp_path: Path) -> None:
    line = '{"event": "metrics", "port": 4321}'
    nested = "print('\\x22metrics\\x22' + '[' * 100_000)"
    made = attempt(f"{nested}; print({line!r}, flush=True); {STOPPABLE}signal.pause()", tmp_path)
    await until(lambda: made.metrics_port is not None)
    assert made.metrics_port == 4321
    made.stop()
    await made.wait()
    assert made.metrics_port is None


async def test_it_sees_its_own_environment(tmp_path: Path) -> None:
    made = attempt("import os; print(os.environ['OMP_NUM_THREADS'], os.environ['MINE'])", tmp_path, MINE="yes")
    await made.wait()
    assert made.log_tail() == "1 yes"


@pytest.mark.parametrize(("own", "seen"), [(None, "0,2"), ("4,5,GPU-1a", "4,GPU-1a"), ("4", "4"), ("", "")], ids=str)
def test_an_attempt_sees_only_gpus_that_the_run_may_see(own: str | None, seen: str) -> None:
    assert visible_gpus([0, 2], own) == seen


async def test_what_a_killed_run_has_left_is_ended(tmp_path: Path) -> None:
    # It does not say that it was stopped: this attempt, whose run is alive, would start it again.
    made = attempt("import signal; print('up', flush=True); signal.pause()", tmp_path)
    await started(made)
    assert await asyncio.to_thread(end_leftovers, tmp_path, 20.0) == 1
    await made.wait()
    assert await asyncio.to_thread(end_leftovers, tmp_path) == 0


def test_a_process_of_the_same_number_that_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "x-a1").mkdir()
    (tmp_path / "x-a1/process.json").write_text(json.dumps({"pid": os.getpid()}))
    assert end_leftovers(tmp_path) == 0
