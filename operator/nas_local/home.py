"""The folder of a search: where its records, its objects and its attempts are, and who may use it.

<folder>/
    search.yaml             the NASSearch, with its status
    trials/<trial>.yaml     a NASTrial each
    events.log              what `kubectl describe` would show as Events
    objects/                what would be in the bucket; addresses s3://this-machine/… are below it
    attempts/<attempt>/     input.json, result.json, log.jsonl, process.json
    lock                    held by the one run that uses the folder
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nas_core.records.names import job_name
from nas_local.errors import LocalRunError

BUCKET = "this-machine"
"""Stands for the folder in the addresses of objects."""
LOG = "log.jsonl"
"""Name of the file of what an attempt has written."""


@dataclass(frozen=True)
class Home:
    """The folder of one search."""

    folder: Path

    @property
    def search(self) -> Path:
        """The file of the NASSearch."""
        return self.folder / "search.yaml"

    @property
    def trials(self) -> Path:
        """The folder of the NASTrials."""
        return self.folder / "trials"

    @property
    def events(self) -> Path:
        """The file of the Events."""
        return self.folder / "events.log"

    @property
    def objects(self) -> Path:
        """The folder that stands for the bucket."""
        return self.folder / "objects"

    @property
    def attempts(self) -> Path:
        """The folder of what attempts read and write."""
        return self.folder / "attempts"

    def path_of(self, address: str) -> Path:
        """Return where on this machine an object is, or a folder of objects, by its address ``s3://this-machine/…``."""
        return self.objects / address.removeprefix(f"s3://{BUCKET}/")

    def logs_of(self, trial: str) -> dict[int, Path]:
        """Return the logs of a trial by the number of the attempt."""
        start = job_name(trial, 0)[:-1]
        numbers = (path.name.removeprefix(start) for path in self.attempts.glob(f"{start}*"))
        logs = {int(number): self.attempts / f"{start}{number}" / LOG for number in numbers if number.isdecimal()}
        return {number: log for number, log in sorted(logs.items()) if log.is_file()}

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep others from using the folder meanwhile.

        Raises:
            LocalRunError: if somebody uses it, or it cannot be made.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = (self.folder / "lock").open("a+")
        except OSError as error:
            raise LocalRunError(f"{self.folder} cannot be used: {error.strerror}; name another folder") from error
        # The kernel drops the lock when the process ends, however it ends.
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                lock.seek(0)
                process = lock.read(32).strip() or "unknown"
                raise LocalRunError(
                    f"process {process} runs this search already, in {self.folder}; wait for it, or name another folder"
                ) from None
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            yield
