"""The form of a table of architectures: which of its columns says which architecture a row is of. Reads no file.

Both readers go by it: `nas_benchmark.table`, without a cluster, and `nas_trial.benchmark.table`, in a trial.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nas_core.spaces import SearchSpace

TEXT_COLUMNS = ("architecture", "arch_str")
"""They hold the text of a space (`SearchSpace.text`); the second is what NAS-Bench-201 calls it."""
NETWORK_COLUMNS: Mapping[str, str] = {"nas-bench-101": "module_hash"}
"""By space: what its benchmark calls the canonical form (`SearchSpace.canonical`), where a row is a network, not one of
the many encodings of it."""


@dataclass(frozen=True)
class Naming:
    """How a table names its architectures."""

    column: str
    by_network: bool
    """It holds canonical forms, not texts."""


def naming(space: SearchSpace, header: Sequence[str]) -> Naming | None:
    """Return how a table with some columns names architectures of a space; None if none of them does."""
    network = NETWORK_COLUMNS.get(space.name)
    if network is not None and network in header:
        return Naming(network, by_network=True)
    text = next((column for column in TEXT_COLUMNS if column in header), None)
    return Naming(text, by_network=False) if text else None
