"""What there is to tell of a search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from nas_core.records.model import ModelView
from nas_core.records.search import ReadableSearch
from nas_core.records.trial import TrialView


@dataclass(frozen=True)
class Record:
    """A search with its trials and the models of its namespace, as they are at one moment."""

    search: ReadableSearch
    trials: Sequence[TrialView]
    models: Sequence[ModelView]
    now: datetime
