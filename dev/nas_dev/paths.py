"""Where the tool keeps things: everything it makes lies outside the checkout.

Built artefacts (slow to make, safe to delete) and the clusters' state share one root, so that removing that one
directory removes all that the tool ever wrote, and image layers can be hard-linked from one store to another.
"""

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
"""The checkout this tool lies in."""


def cache_root() -> Path:
    """Return the root of everything the tool makes, honouring ``NAS_DEV_CACHE`` and ``XDG_CACHE_HOME``."""
    if chosen := os.environ.get("NAS_DEV_CACHE"):
        return Path(chosen).absolute()
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base).absolute() if base else Path.home() / ".cache") / "nas-operator"


def cluster_directory(name: str) -> Path:
    """Return where one cluster keeps its state, logs and sockets."""
    return cache_root() / "clusters" / name


def log_directory() -> Path:
    """Return where the output of builds is kept."""
    return cache_root() / "logs"
