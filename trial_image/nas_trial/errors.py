"""How a trial can end other than well."""

from __future__ import annotations

# Networks and preprocessing raise them too, wherever they are used; a trial ends with exit code 64 for them.
from nas_model.errors import CandidateRejected as CandidateRejected
from nas_model.errors import DatasetInvalid as DatasetInvalid

EXIT_CRASHED = 1
EXIT_PEER_LOST = 2
"""Of one of several processes: another one ended. It says so to the launcher, which tells what became of that one."""


class StorageUnavailable(Exception):
    """The storage did not answer for minutes; another attempt may find it back."""


class PeerLost(Exception):
    """Another process of this attempt is gone."""


class PodsMissing(Exception):
    """Other pods of this attempt have not come, and another attempt may find them."""


class Stopped(Exception):
    """Asked to stop, and the checkpoint is written: exit code 75."""


def explain(error: Exception) -> tuple[str, str]:
    """Return reason and message of an error that another attempt, perhaps on another node, may not meet."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":  # torch's, perhaps not imported
        return "OutOfMemory", f"lower evaluation.batchSize or give the trial more memory: {error}"
    return "Crashed", f"{type(error).__name__}: {error}"


def device_lost(error: Exception) -> bool:
    """Whether the GPU is of no use to this process any more: torch's AcceleratorError, perhaps not imported."""
    return type(error).__name__ == "AcceleratorError"
