"""Long-running processes that outlive the command that started them, and are found again by the next one.

A pid alone is not an identity: it is reused. What is recorded is the pid with its start time, so that the tool only
ever signals a process that it started itself. The command's hash is recorded too: a daemon whose command or
configuration has changed is started anew, one that has not is left alone.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nas_dev.cache import digest
from nas_dev.steps import last_lines

KEEP_LOG_BELOW = 50_000_000
"""Bytes above which a log is emptied when its daemon starts."""


class DaemonFailed(RuntimeError):
    """A daemon ended, or did not become ready in time; the message holds the end of its log."""


def start_time(pid: int) -> str | None:
    """Return when a process started (in clock ticks since boot), or None if there is none or it is a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The program's name, in brackets, may itself hold spaces and brackets. After it come the state and, at 19, the
    # start.
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] == "Z" else fields[19]


@dataclass
class Daemon:
    """One named long-running process of a cluster."""

    name: str
    directory: Path
    """The cluster's directory; records go to ``pids/``, output to ``logs/``."""
    argv: Sequence[object]
    ready: Callable[[], bool]
    """Whether it serves; asked repeatedly after the start."""
    env: Mapping[str, str] = field(default_factory=dict)
    config: str = ""
    """Whatever else it depends on: when this text changes, the daemon is restarted."""
    timeout: float = 60.0

    @property
    def log(self) -> Path:
        """Where its output goes."""
        return self.directory / "logs" / f"{self.name}.log"

    @property
    def _record(self) -> Path:
        return self.directory / "pids" / f"{self.name}.json"

    @property
    def _hash(self) -> str:
        # The tool is run by the system's Python and by the checkout's: which one it was is no reason to restart.
        words = ["python" if word == sys.executable else str(word) for word in self.argv]
        return digest([words, json.dumps(dict(self.env), sort_keys=True), self.config])

    def pid(self) -> int | None:
        """Return the pid of the running process, or None."""
        try:
            record = json.loads(self._record.read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return None
        # One that had ended before its start could be read has none on record.
        pid, start = int(record["pid"]), record["start"]
        return pid if start is not None and start_time(pid) == start else None

    def is_current(self) -> bool:
        """Whether it runs with the command it would be started with now."""
        return self.pid() is not None and bool(json.loads(self._record.read_text())["hash"] == self._hash)

    def is_ready(self) -> bool:
        """Whether it runs and serves."""
        return self.pid() is not None and self.ready()

    def start(self) -> None:
        """Start it unless it runs as wanted; returns at once, ``wait`` waits."""
        if self.is_current():
            return
        self.stop()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._record.parent.mkdir(parents=True, exist_ok=True)
        mode = "ab" if self.log.exists() and self.log.stat().st_size < KEEP_LOG_BELOW else "wb"
        with self.log.open(mode) as output:
            process = subprocess.Popen(
                [str(word) for word in self.argv],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.env},
                cwd=self.directory,
                start_new_session=True,  # or Ctrl-C in the terminal would end it too
            )
        self._record.write_text(json.dumps({"pid": process.pid, "start": start_time(process.pid), "hash": self._hash}))
        process.returncode = 0  # it is meant to outlive this process: no warning, no wait

    def wait(self) -> None:
        """Wait until it serves."""
        deadline = time.monotonic() + self.timeout
        while not self.ready():
            if self.pid() is None:
                raise DaemonFailed(f"{self.name} ended:\n{last_lines(self.log, 15)}\nfull log: {self.log}")
            if time.monotonic() > deadline:
                raise DaemonFailed(
                    f"{self.name} not ready after {self.timeout:.0f} s:\n{last_lines(self.log, 15)}\n"
                    f"full log: {self.log}"
                )
            time.sleep(0.05)

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal if it runs."""
        if (pid := self.pid()) is not None:
            _signal(pid, number)

    def stop(self, grace: float = 10.0) -> None:
        """Stop it: politely, then by force; nothing happens when it does not run."""
        pid = self.pid()
        if pid is not None:
            started = start_time(pid)
            _signal(pid, signal.SIGTERM)
            deadline = time.monotonic() + grace
            # By start time: the pid may already be somebody else's.
            while start_time(pid) == started and time.monotonic() < deadline:
                _reap(pid)
                time.sleep(0.02)
            if start_time(pid) == started:
                _signal(pid, signal.SIGKILL)
                while start_time(pid) == started:
                    _reap(pid)
                    time.sleep(0.02)
        self._record.unlink(missing_ok=True)


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _reap(pid: int) -> None:
    """Collect the process if it is a child of this one, so that it does not stay as a zombie."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return
