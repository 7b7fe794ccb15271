"""Each case is a process of its own: what the C library is told holds for the whole process."""

from __future__ import annotations

import subprocess
import sys

import pytest

PAGES = 16 * 2**20 // 4096
COUNT_FAULTS = """
import resource
from nas_trial.process.allocator import keep_memory
assert {keep}
def step():
    return b"1" * (16 * 2**20), b"1" * (16 * 2**20)
for _ in range(10):
    step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.parametrize(("keep", "fetched_again"), [("keep_memory()", False), ("True", True)])
def test_memory_that_is_freed_is_fetched_from_the_system_once(keep: str, fetched_again: bool) -> None:
    code = COUNT_FAULTS.format(keep=keep)
    faults = int(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
    assert (faults > 10 * PAGES) is fetched_again
    assert (faults < PAGES) is not fetched_again
