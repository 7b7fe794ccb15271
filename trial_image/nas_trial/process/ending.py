"""The end of one process of several: with its exit code, whatever native threads still do.

PyTorch's threads for talking to other processes may still run while the interpreter takes the program down. What they
hold is destroyed under them then, and the C++ runtime aborts: a process that has stopped as asked, or that tells why a
candidate is rejected, would count as crashed. Used by `nas_trial.main`, read by `nas_trial.process.launcher`.
"""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Callable

from nas_trial.errors import EXIT_CRASHED


def end_with(work: Callable[[], int]) -> int:
    """Return the exit code that ``work`` returns; the process then ends with it before native code is taken down.

    Threads are waited for, and functions that others have registered with `atexit` since are called.
    """
    code = EXIT_CRASHED

    def end() -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)

    # What is registered first is called last.
    atexit.register(end)
    code = work()
    return code
