"""A run as a server for experiments has it: of a search, or of one candidate of it.

`candidates` and `search` make runs; `nas_operator.tracking` brings them to a server. A run's key is a UID that
Kubernetes gave, so the server itself can be asked whether it has the run: nothing else remembers that.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from nas_core.tracking_names import TAG

NAME_LENGTH, PARAM_LENGTH, TAG_LENGTH = 200, 500, 4000
"""Characters that MLflow takes at least of a name (250), a parameter's value (500 in older releases) and a tag
(5,000), with some room."""
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_.-]")
"""What MLflow takes in names of parameters and metrics, but for '/', ':' and spaces: not all stores take those."""


class RunStatus(StrEnum):
    """How a run stands (`RunStatus` of MLflow's REST API)."""

    RUNNING = "RUNNING"
    FINISHED = "FINISHED"
    FAILED = "FAILED"
    KILLED = "KILLED"


@dataclass(frozen=True)
class Point:
    """One value of a metric."""

    metric: str
    value: float
    step: int
    time: datetime


@dataclass(frozen=True)
class Run:
    """All that a server is told of one run."""

    key: str
    name: str
    status: RunStatus
    started: datetime
    ended: datetime | None
    """None while it runs."""
    params: Mapping[str, str]
    tags: Mapping[str, str]
    points: tuple[Point, ...]


def clean_name(name: str) -> str:
    """Return a name that MLflow takes; of different names never the same, but for an accident of 32 bits."""
    clean = _NOT_IN_NAMES.sub("_", name)[:NAME_LENGTH]
    return clean if clean == name else f"{clean}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def params_of(values: Mapping[str, object]) -> dict[str, str]:
    """Return parameters with names and lengths that MLflow takes; None is left out."""
    return {clean_name(name): str(value)[:PARAM_LENGTH] for name, value in values.items() if value is not None}


def tags_of(values: Mapping[str, object]) -> dict[str, str]:
    """Return tags ``nas.<name>``, as long as MLflow takes them; None and what is empty are left out."""
    return {f"{TAG}{name}": str(value)[:TAG_LENGTH] for name, value in values.items() if value not in (None, "")}
