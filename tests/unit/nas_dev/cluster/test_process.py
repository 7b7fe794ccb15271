"""Daemons outlive their starter, are found again, and only they are ever signalled."""

import json
import os
import sys
import time
from pathlib import Path

import pytest

from nas_dev.cluster.process import Daemon, DaemonFailed, start_time


def daemon(directory: Path, *argv: str, config: str = "") -> Daemon:
    return Daemon("it", directory, argv, lambda: True, config=config)


def test_starts_once_and_is_found_by_another_instance(tmp_path: Path) -> None:
    first = daemon(tmp_path, "sleep", "60")
    first.start()
    try:
        again = daemon(tmp_path, "sleep", "60")
        assert again.pid() == first.pid() is not None
        again.start()
        assert again.pid() == first.pid()
    finally:
        first.stop()
    assert first.pid() is None


def test_a_changed_configuration_restarts_it(tmp_path: Path) -> None:
    daemon(tmp_path, "sleep", "60").start()
    old = daemon(tmp_path, "sleep", "60").pid()
    changed = daemon(tmp_path, "sleep", "60", config="new")
    assert not changed.is_current()
    changed.start()
    try:
        assert changed.pid() not in {old, None}
        assert old is not None
        assert start_time(old) is None
    finally:
        changed.stop()


def test_a_reused_pid_is_not_taken_for_the_daemon(tmp_path: Path) -> None:
    it = daemon(tmp_path, "sleep", "60")
    (tmp_path / "pids").mkdir()
    (tmp_path / "pids" / "it.json").write_text(json.dumps({"pid": os.getpid(), "start": "1", "hash": ""}))
    assert it.pid() is None
    it.stop()  # would end this very process


def test_one_that_ends_is_reported_with_its_last_words(tmp_path: Path) -> None:
    it = Daemon("it", tmp_path, ["sh", "-c", "echo last words; exit 1"], lambda: False)
    it.start()
    with pytest.raises(DaemonFailed, match="last words"):
        it.wait()


def test_one_that_has_ended_before_it_is_on_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nas_dev.cluster.process.start_time", lambda _: None)
    it = daemon(tmp_path, "true")
    it.start()
    assert it.pid() is None


def test_one_that_ignores_the_polite_signal_is_killed(tmp_path: Path) -> None:
    it = daemon(tmp_path, "sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.1; done")
    it.start()
    while "up" not in it.log.read_text():
        time.sleep(0.01)
    it.stop(grace=0.2)
    assert it.pid() is None


def test_the_interpreter_that_runs_the_tool_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    it = daemon(tmp_path, sys.executable, "-c", "import time; time.sleep(60)")
    it.start()
    try:
        monkeypatch.setattr("sys.executable", "/elsewhere/python")
        assert daemon(tmp_path, sys.executable, "-c", "import time; time.sleep(60)").is_current()
    finally:
        it.stop()
