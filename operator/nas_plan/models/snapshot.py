"""What is known of one NASModel at one moment, and what is done about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from nas_core.api.model import NASModelStatus
from nas_core.records.job import JobView
from nas_core.records.model import ModelView
from nas_core.records.search import ReadableSearch, SearchView
from nas_core.records.trial import TrialView
from nas_plan.snapshot import Collected
from nas_storage.faults import StorageFault


@dataclass(frozen=True)
class Source:
    """The trial that a model is made of, with its search."""

    search: SearchView
    """With everything that its spec refers to."""
    trial: TrialView
    git_commit: str | None = None
    field_manager: str | None = None


@dataclass(frozen=True)
class Stored:
    """What the bucket says of a model's files."""

    tags: Mapping[str, str]
    """Tags of the objects that are there, by path."""
    wrong: frozenset[str] = frozenset()
    """Paths of files that were read because their tags had changed, and that are not what they were."""


@dataclass(frozen=True)
class ModelSnapshot:
    """One model at one moment."""

    now: datetime
    model: ModelView
    source: Source | None = None
    """None once the model has what it needs of it, and while it is not there."""
    job: JobView | None = None
    collected: Collected | None = None
    """Of a Job that is over."""
    packages: Mapping[str, str] = field(default_factory=dict)
    """As the bundle that was made has them."""
    stored: Stored | None = None
    """None: not looked at now."""
    fault: StorageFault | None = None
    namesakes: tuple[ModelView, ...] = ()
    """The other models of its name in its namespace."""


@dataclass(frozen=True)
class Export:
    """The Job to create."""

    search: ReadableSearch
    trial: TrialView


@dataclass(frozen=True)
class ModelActions:
    """What is done, in this order."""

    status: NASModelStatus
    finalizer: bool
    """Whether the model is to have the operator's finalizer."""
    demote: tuple[ModelView, ...] = ()
    export: Export | None = None
