"""Attempts as processes of this machine: what Jobs and pods are on Kubernetes, and seen by the plan as such.

An attempt's process ends by the contract's exit codes (`nas_core.contract`); what Kubernetes does by the Job's
podFailurePolicy is done here: after exit code 75 the process is started again within the same attempt.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import os
import signal
import sys
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from nas_core.backoff import backoff
from nas_core.contract import (
    EXIT_CANDIDATE,
    EXIT_CHECKPOINTED,
    EXIT_OK,
    METRICS_ADDRESS_ENV,
    METRICS_EVENT,
    RESULT_FILE_ENV,
    TRIAL_FILE_ENV,
    TrialInput,
)
from nas_core.reasons import TrialReason
from nas_core.records.job import JobView
from nas_core.records.metadata import Meta
from nas_core.records.names import job_name
from nas_core.records.pod import PodView
from nas_core.records.trial import TrialView
from nas_core.states import Outcome, State
from nas_local.home import LOG

TRAINER = (sys.executable, "-m", "nas_trial")
"""The program of an attempt, as of the trial's image."""
RESULT_BYTES = 4096
"""Bytes of a result file that are read: Kubernetes keeps as many of a termination message."""
LOG_BYTES = 16 << 20
"""Bytes of an attempt's log that are kept; a trainer that writes more goes on, but the rest is dropped."""
LINE_BYTES = 1 << 20
VISIBLE_GPUS_ENV = "CUDA_VISIBLE_DEVICES"
"""Which GPUs a process sees. Source: NVIDIA, CUDA C++ Programming Guide, "CUDA Environment Variables"."""
KILLED_S = 5.0
"""Seconds that a process may take to be gone once it is killed."""
_FAILED_REASONS: Mapping[int, str | None] = {EXIT_OK: None, EXIT_CANDIDATE: "PodFailurePolicy"}
"""Reason of the condition Failed that a Job has after an exit code (KEP-3329); None: it has not failed."""


@dataclass(frozen=True)
class Resources:
    """What an attempt may use of this machine."""

    threads: int
    gpus: Sequence[int] = ()
    """Indexes of the GPUs; none: the CPU alone."""
    environment: Mapping[str, str] = field(default_factory=dict)


class Attempt:
    """One attempt of a trial. ``changed`` is called when its process starts or ends, and when it serves metrics."""

    def __init__(
        self,
        trial: TrialView,
        given: TrialInput,
        folder: Path,
        resources: Resources,
        template: str,
        deadline: timedelta | None,
        grace: timedelta,
        changed: Callable[[], None],
        program: Sequence[str] = TRAINER,
    ) -> None:
        name = job_name(trial.meta.name, given.identity.attempt)
        self._folder, self._given, self._program = folder / name, given, program
        self._resources, self._grace, self._changed = resources, grace, changed
        self._deadline = deadline
        meta = Meta(trial.meta.namespace, name, str(uuid.uuid4()), 1, None, trial.meta.uid, trial.meta.search)
        self.job = JobView(
            meta=meta,
            trial=trial.meta.name,
            attempt=given.identity.attempt,
            created=_now(),
            start_time=_now(),
            end_time=None,
            complete=False,
            failed_reason=None,
            failed_message="",
            gpus=len(resources.gpus),
            template=template,
            deadline_s=math.ceil(deadline.total_seconds()) if deadline else None,
        )
        self.pods: tuple[PodView, ...] = ()
        self.metrics_port: int | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._task = asyncio.ensure_future(self._run())

    @property
    def gpus(self) -> Sequence[int]:
        """Indexes of the GPUs that it uses."""
        return self._resources.gpus

    @property
    def ended(self) -> bool:
        """Whether no process of it is left and none will be."""
        return self._task.done()

    def stop(self) -> None:
        """Ask it to write a checkpoint and to end; after the grace period it is killed."""
        if self.job.meta.deleting or self.ended:
            return
        until = _now() + self._grace
        self.job = replace(self.job, meta=replace(self.job.meta, deleted_at=until))
        self.pods = tuple(
            pod if pod.ended else replace(pod, meta=replace(pod.meta, deleted_at=until), stop_asked=_now())
            for pod in self.pods
        )
        self._signal(signal.SIGTERM)
        asyncio.get_running_loop().call_later(self._grace.total_seconds(), self._signal, signal.SIGKILL)

    async def wait(self) -> None:
        """Return when it has ended."""
        await asyncio.wait([self._task])

    def log_tail(self, size: int = 4096, lines: int = 20) -> str | None:
        """Return the end of its log, None if it has none."""
        try:
            with self._log.open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - size))
                return "\n".join(file.read(size).decode(errors="replace").splitlines()[-lines:])
        except OSError:
            return None

    @property
    def _log(self) -> Path:
        return self._folder / LOG

    @property
    def _result(self) -> Path:
        return self._folder / "result.json"

    async def _run(self) -> None:
        try:
            async with asyncio.timeout(self._deadline.total_seconds() if self._deadline else None):
                code = await self._until_it_ends()
            reason = (
                None if code == EXIT_OK else "PodFailurePolicy" if code == EXIT_CANDIDATE else "BackoffLimitExceeded"
            )
        except TimeoutError:
            reason = TrialReason.DEADLINE_EXCEEDED
            await self._kill()
        except OSError as error:
            # The program cannot be started: as a container that cannot.
            reason = "BackoffLimitExceeded"
            self._new_pod()
            self._end_pod(127, str(error))
        self.job = replace(self.job, end_time=_now(), complete=reason is None, failed_reason=reason)
        self._changed()

    async def _until_it_ends(self) -> int:
        """Run the process, again after each exit code 75 that nobody asked for; return the last exit code."""
        stops = 0
        while True:
            code = await self._once()
            if code != EXIT_CHECKPOINTED or self.job.meta.deleting:
                return code
            stops += 1
            await asyncio.sleep(backoff(stops, 1.0, 60.0))

    async def _once(self) -> int:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._result.unlink(missing_ok=True)
        (self._folder / "input.json").write_text(self._given.model_dump_json(by_alias=True, exclude_none=True))
        self._process = process = await asyncio.create_subprocess_exec(
            *self._program,
            cwd=self._folder,
            env=self._environment(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=LINE_BYTES,
            # A group of its own: Ctrl-C of the terminal is for the run, which stops its attempts itself.
            start_new_session=True,
        )
        (self._folder / "process.json").write_text(json.dumps({"pid": process.pid}))
        self._new_pod()
        self._changed()
        assert process.stdout is not None
        await self._copy_log(process.stdout)
        code = await process.wait()
        # By a signal: as a shell, and Kubernetes, write it.
        code = 128 - code if code < 0 else code
        self.metrics_port = None
        self._end_pod(code, self._reported())
        self._changed()
        return code

    def _environment(self) -> dict[str, str]:
        threads = str(self._resources.threads)
        return {
            **os.environ,
            "OMP_NUM_THREADS": threads,
            VISIBLE_GPUS_ENV: visible_gpus(self._resources.gpus, os.environ.get(VISIBLE_GPUS_ENV)),
            **self._resources.environment,
            TRIAL_FILE_ENV: str(self._folder / "input.json"),
            RESULT_FILE_ENV: str(self._result),
            METRICS_ADDRESS_ENV: "127.0.0.1:0",
        }

    async def _copy_log(self, output: asyncio.StreamReader) -> None:
        """Copy what the process writes until it has closed its output. When the run is killed, its next line fails."""
        left = LOG_BYTES
        with self._log.open("ab") as file:
            while chunk := await _line(output):
                if METRICS_EVENT.encode() in chunk and self.metrics_port is None:
                    self._learn_port(chunk)
                file.write(chunk[:left])
                file.flush()
                left = max(0, left - len(chunk))

    def _learn_port(self, line: bytes) -> None:
        with contextlib.suppress(ValueError, TypeError, AttributeError, RecursionError):
            entry = json.loads(line)
            if entry.get("event") == METRICS_EVENT and 0 < entry.get("port", 0) < 65_536:
                self.metrics_port = entry["port"]
                self._changed()

    def _reported(self) -> str:
        try:
            with self._result.open(encoding="utf-8", errors="replace") as file:
                return file.read(RESULT_BYTES)
        except OSError:
            return ""

    def _new_pod(self) -> None:
        owner = self.job.meta
        name = f"{owner.name}-{len(self.pods)}"
        deleted_at = owner.deleted_at
        meta = Meta(owner.namespace, name, str(uuid.uuid4()), 1, deleted_at, owner.uid, owner.search)
        pod = PodView(
            meta=meta,
            created=_now(),
            job=owner.uid,
            trial=self.job.trial,
            phase=State.RUNNING,
            ip=None,
            reason=None,
            started=_now(),
            finished=None,
            exit_code=None,
            exit_reason=None,
            message="",
            waiting=None,
            waiting_message="",
            unschedulable=None,
            image_id=None,
        )
        self.pods = (*self.pods, pod)

    def _end_pod(self, code: int, message: str) -> None:
        phase = Outcome.SUCCEEDED if code == EXIT_OK else Outcome.FAILED
        self.pods = (
            *self.pods[:-1],
            replace(self.pods[-1], phase=phase, finished=_now(), exit_code=code, message=message),
        )

    def _signal(self, number: signal.Signals) -> None:
        process = self._process
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                # The group: an attempt may have started several processes.
                os.killpg(process.pid, number)

    async def _kill(self) -> None:
        self._signal(signal.SIGKILL)
        if self._process is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), KILLED_S)
        if self.pods and not self.pods[-1].ended:
            self._end_pod(128 + signal.SIGKILL, "")


def visible_gpus(gpus: Sequence[int], own: str | None) -> str:
    """Return the GPUs that an attempt may see; where the run itself may see only some (``own``), they are of these."""
    if own is None:
        return ",".join(map(str, gpus))
    names = [name for name in own.split(",") if name]
    return ",".join(names[gpu] for gpu in gpus if gpu < len(names))


async def _line(output: asyncio.StreamReader) -> bytes:
    """Return the next line, or so much of a long one as is read at once; empty at the end."""
    try:
        return await output.readuntil()
    except asyncio.IncompleteReadError as end:
        return end.partial
    except asyncio.LimitOverrunError as long:
        return await output.read(long.consumed or LINE_BYTES)


def end_leftovers(attempts: Path, grace_s: float = 10.0) -> int:
    """End the processes that a run which was killed has left; return how many there were.

    They would go on to write beside the attempts that follow. Two processes of one number are told apart by the input
    that they were started with.
    """
    pids = [pid for path in attempts.glob("*/process.json") if (pid := _of_attempt(path)) is not None]
    for number, patience in ((signal.SIGTERM, grace_s), (signal.SIGKILL, KILLED_S)):
        for pid in pids:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, number)
        if not _still_there(attempts, patience):
            break
    return len(pids)


def _of_attempt(path: Path) -> int | None:
    """Return the number of the process that works on the attempt of a file, None if it has ended."""
    try:
        pid = int(json.loads(path.read_text())["pid"])
        environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return pid if f"{TRIAL_FILE_ENV}={path.parent / 'input.json'}".encode() in environment else None


def _still_there(attempts: Path, patience_s: float) -> bool:
    until = time.monotonic() + patience_s
    while any(_of_attempt(path) for path in attempts.glob("*/process.json")):
        if time.monotonic() > until:
            return True
        time.sleep(0.05)
    return False


def _now() -> datetime:
    return datetime.now(UTC)
