"""The processes are small programs that know their rank, as the trainer's do."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nas_core.contract import RESULT_FILE_ENV, TrialResult
from nas_trial.errors import EXIT_PEER_LOST
from nas_trial.process import launcher
from nas_trial.process.stop import SIGNALS

BEGIN = """
import os, signal, sys, time
rank = int(os.environ["RANK"])
assert os.environ["WORLD_SIZE"] == "2" and os.environ["LOCAL_RANK"] == str(rank) and os.environ["NAS_RENDEZVOUS"]
def tell(text):
    open(os.environ["NAS_RESULT_FILE"], "w").write(text)
def catch():
    def caught(*_):
        time.sleep(rank)
        sys.exit(75)
    signal.signal(signal.SIGTERM, caught)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
"""


@pytest.fixture(autouse=True)
def as_it_was(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(launcher, "SETTLE_S", 0.5)
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture
def result_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(RESULT_FILE_ENV, str(tmp_path / "result"))
    return tmp_path / "result"


def launch(program: str) -> int:
    return launcher.launch(2, [sys.executable, "-c", BEGIN + program])


def test_the_first_ones_result_stands_for_all(result_file: Path) -> None:
    assert launch("tell(f'by {rank}')") == 0
    assert result_file.read_text() == "by 0"


@pytest.mark.parametrize(("code", "expected"), [(1, 1), (64, 64), (3, 1)])
def test_one_that_fails_ends_the_others_and_says_why(code: int, expected: int, result_file: Path) -> None:
    started = time.monotonic()
    assert launch(f"if rank == 0: time.sleep(60)\ntell('why')\nsys.exit({code})") == expected
    assert time.monotonic() - started < 10
    assert result_file.read_text() == "why"


@pytest.mark.parametrize(
    ("end", "how"), [("os.kill(os.getpid(), signal.SIGKILL)", "signal SIGKILL"), ("os._exit(3)", "exit code 3")]
)
def test_one_that_dies_is_told_of_rather_than_those_that_missed_it(end: str, how: str, result_file: Path) -> None:
    assert launch(f"if rank == 0: sys.exit({EXIT_PEER_LOST})\ntime.sleep(0.3)\n{end}") == 1
    told = TrialResult.model_validate_json(result_file.read_text())
    assert (told.outcome, told.reason) == ("Failed", "Crashed")
    assert told.message == f"process 1 of 2 ended with {how} and took the others with it; see the log"


def test_sigterm_reaches_all_and_each_has_its_time(result_file: Path) -> None:
    """The second one needs longer than the others of one that fails are given; the first one passes the signal on."""
    assert launch("catch()\nif rank == 0: os.kill(os.getppid(), signal.SIGTERM)\ntime.sleep(60)") == 75
    assert not result_file.exists()


def test_sigterm_does_not_end_one_that_cannot_catch_it_yet(result_file: Path) -> None:
    late = "if rank == 0: os.kill(os.getppid(), signal.SIGTERM)\ntime.sleep(0.5)\ncatch()\ntime.sleep(60)"
    assert launch(late) == 75
