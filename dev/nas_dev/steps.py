"""Steps that say what they do while they do it, and what each cost.

A first setup takes minutes, and people wait for it: each step announces itself, shows the last line of its output
every few seconds while it runs, and is listed with its time at the end. When one fails, the end of its log and the
log's path are shown, because that is what is needed next.
"""

import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nas_dev.paths import log_directory

PROGRESS_EVERY = 10.0
"""Seconds between two signs of life of a running step."""


class StepFailed(RuntimeError):
    """A step's command failed; the message holds the end of its log and where the rest is."""


@dataclass(frozen=True)
class Timing:
    """What one finished step cost."""

    title: str
    seconds: float
    failed: bool = False


class Steps:
    """Runs steps, one after another or side by side, and remembers their times."""

    def __init__(self, echo: Callable[[str], None] | None = None) -> None:
        self.timings: list[Timing] = []
        self._lock = threading.Lock()
        self._echo = echo or (lambda line: print(line, flush=True))

    def say(self, line: str) -> None:
        """Print one whole line; lines of parallel steps never mix."""
        with self._lock:
            self._echo(line)

    @contextmanager
    def step(self, title: str, quiet_below: float = 0.0) -> Iterator[None]:
        """Time the body as one step; a step faster than ``quiet_below`` seconds is not worth a line."""
        if not quiet_below:
            self.say(f"  … {title}")
        start = time.monotonic()
        failed = True
        try:
            yield
            failed = False
        finally:
            timing = Timing(title, time.monotonic() - start, failed)
            if failed or timing.seconds >= quiet_below:
                with self._lock:
                    self.timings.append(timing)
                self.say(f"  {'✗' if failed else '✓'} {title} ({timing.seconds:.1f} s)")

    def parallel(self, *tasks: Callable[[], Any]) -> list[Any]:
        """Run independent tasks side by side; the first failure is raised once all have ended."""
        with ThreadPoolExecutor(max_workers=len(tasks)) as pool:
            return [future.result() for future in [pool.submit(task) for task in tasks]]

    def command(
        self,
        title: str,
        argv: Sequence[object],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        stdin: Any = subprocess.DEVNULL,
    ) -> None:
        """Run a command (words and paths) with its output in a log file, showing its latest line now and then."""
        log = log_directory() / (title.replace(" ", "-").replace("/", "-") + ".log")
        log.parent.mkdir(parents=True, exist_ok=True)
        start = reported = time.monotonic()
        with log.open("wb") as output:
            process = subprocess.Popen(
                [str(word) for word in argv], cwd=cwd, env=env, stdin=stdin, stdout=output, stderr=subprocess.STDOUT
            )
            try:
                while process.poll() is None:
                    time.sleep(0.05)
                    if time.monotonic() - reported >= PROGRESS_EVERY:
                        reported = time.monotonic()
                        self.say(f"    {title}: {reported - start:.0f} s: {last_lines(log, 1)[:120]}")
            except BaseException:
                process.terminate()
                process.wait()
                raise
        if process.returncode:
            raise StepFailed(f"{title} failed (exit {process.returncode}):\n{last_lines(log, 20)}\nfull log: {log}")

    def table(self) -> str:
        """Return the steps and their times, the way they are shown at the end."""
        width = max((len(timing.title) for timing in self.timings), default=0)
        rows = [
            f"  {timing.title.ljust(width)}  {timing.seconds:8.1f} s{'  FAILED' if timing.failed else ''}"
            for timing in self.timings
        ]
        return "\n".join(rows)


def last_lines(log: Path, count: int) -> str:
    """Return the last lines of a log, reading only its end; a carriage return counts as a line's end."""
    try:
        with log.open("rb") as handle:
            handle.seek(0, 2)
            handle.seek(max(0, handle.tell() - 16_384))
            text = handle.read().decode(errors="replace")
    except FileNotFoundError:
        return ""
    lines = [line for line in text.replace("\r", "\n").splitlines() if line.strip()]
    return "\n".join(lines[-count:])
