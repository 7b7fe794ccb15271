"""How much memory examples may take."""

from __future__ import annotations

import os
from pathlib import Path

from nas_core.api.task import Dataset
from nas_core.quantities import parse_quantity

SHARE = 4
"""A part in so many of the container's memory, where the search does not say."""
LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
"""Files of the container's limit: of cgroup v2, and of v1."""


def memory_limit(dataset: Dataset) -> int:
    """Return the bytes that examples may take in memory: task.dataset.memoryLimit, or a part of the container's."""
    if dataset.memory_limit is not None:
        return int(parse_quantity(dataset.memory_limit))
    return container_memory() // SHARE


def container_memory(limits: tuple[str, ...] = LIMITS) -> int:
    """Return the bytes of memory that this container may use: without a limit, those of the machine."""
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    for file in limits:
        try:
            text = Path(file).read_text().strip()
        except OSError:
            continue
        # "max" of v2 and a number near 2^63 of v1 are no limit.
        if text.isdecimal() and int(text) < machine:
            return int(text)
    return machine
