"""Batches read before they are asked for: by threads of this process, or by processes beside it.

Threads start at once and share memory, but all Python of a process takes turns: where much of reading is Python, it
holds up the training. Processes (PyTorch's ``DataLoader``) do not; they cost their start, and hand batches on through
the shared memory of ``/dev/shm``. Measured with 1,000 JPEG files of 224 pixels: the training process spent 1.6 s of
processor time with threads and 1.05 s with processes, whose first batch came after 0.3 to 0.7 s.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nas_trial.errors import CandidateRejected

Host = dict[str, Tensor]
"""Inputs of some examples in the host's memory."""
Read = Callable[[Tensor], Host]
"""Reads the inputs of rows (n)."""
Ahead = Generator[tuple[Tensor, Host], None, None]
"""Rows (n) and their inputs."""
AHEAD = 2
"""Batches that each thread or process has read or is reading."""
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - where PyTorch puts what processes share
SHARE = 0.5
"""Of the free shared memory that batches may take."""


def by_threads(read: Read, chosen: Sequence[Tensor], threads: int, pin: bool) -> Ahead:
    """Yield the batches in order, read by threads; ``pin``: into memory that a GPU can copy from by itself."""

    def one(rows: Tensor) -> tuple[Tensor, Host]:
        found = read(rows)
        if pin:
            return rows.pin_memory(), {name: values.pin_memory() for name, values in found.items()}
        return rows, found

    todo, waiting = iter(chosen), deque[Future[tuple[Tensor, Host]]]()
    with ThreadPoolExecutor(threads, thread_name_prefix="reading") as pool:
        try:
            waiting.extend(pool.submit(one, rows) for rows in islice(todo, threads * AHEAD))
            while waiting:
                found = waiting.popleft().result()
                waiting.extend(pool.submit(one, rows) for rows in islice(todo, 1))
                yield found
        finally:
            for future in waiting:
                future.cancel()


def processes_with_room(most: int, batch_bytes: int) -> int:
    """Return how many processes, ``most`` at most, can hand on batches of this size through the shared memory."""
    try:
        status = os.statvfs(SHARED_MEMORY)
    except OSError:
        return 0
    batches = int(status.f_bavail * status.f_frsize * SHARE) // max(1, batch_bytes)
    # Besides what they have read ahead, there is the batch that is being used.
    return max(0, min(most, (batches - 1) // AHEAD)) if most > 1 else 0


@dataclass(frozen=True)
class _Reader:
    """What PyTorch calls a data set, of whole batches."""

    read: Read

    def __getitem__(self, rows: NDArray[np.int64]) -> Host | CandidateRejected:
        try:
            return self.read(torch.from_numpy(rows))
        except CandidateRejected as error:
            # The DataLoader would make a text of it, with the stack of the other process.
            return error


def by_processes(read: Read, chosen: Sequence[Tensor], processes: int, pin: bool) -> Ahead:
    """Yield the batches in order, read by processes, which end with the generator or with this process.

    Raises:
        CandidateRejected: what reading raised.
    """
    from torch.utils.data import DataLoader  # here: most trials read no files while they train

    # Not forked from this process, whose threads and GPU would not survive it. The server that forks them imports
    # PyTorch once for all.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["torch.utils.data", "nas_trial.data.streaming", "nas_trial.data.prepared.shards"])
    loader: DataLoader[Host | CandidateRejected] = DataLoader(
        _Reader(read),  # type: ignore[arg-type]
        # Batches, each of which is one item. Of a tensor, all of what it is a part of would be sent.
        sampler=[rows.numpy() for rows in chosen],
        batch_size=None,
        num_workers=processes,
        prefetch_factor=AHEAD,
        collate_fn=_as_it_is,
        pin_memory=pin,
        worker_init_fn=_leave_signals_to_the_parent,
        multiprocessing_context=context,
        generator=torch.Generator(),  # else it would draw from the training's
    )
    for rows, found in zip(chosen, loader, strict=True):
        if isinstance(found, CandidateRejected):
            raise found
        yield rows.pin_memory() if pin else rows, found


def _as_it_is(found: Any) -> Any:
    return found


def _leave_signals_to_the_parent(_: int) -> None:
    # Of a signal to the whole group of processes, as from a terminal, only the trainer is to know.
    os.setpgrp()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
