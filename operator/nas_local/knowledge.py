"""The knowledge base of this machine: what the searches in the folders side by side have left when they ended."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from nas_core.layout import knowledge_prefix
from nas_core.records.knowledge import ENTRY_LIMIT, MOST_READ, EntryInvalid
from nas_core.records.objects import ReadableSearch, SearchView, TrialView
from nas_local.home import Home
from nas_plan.knowledge.nearest import NearestEntries, still_wanted

logger = logging.getLogger(__name__)


def with_knowledge(home: Home, search: SearchView, trials: Sequence[TrialView]) -> SearchView:
    """Return a search with the entries that it begins with, as it is if it asks for none."""
    if not isinstance(search, ReadableSearch) or not still_wanted(search, trials):
        return search
    nearest = NearestEntries(search, trials)
    for path in _newest(home, search.meta.namespace):
        try:
            with path.open("rb") as file:
                nearest.take(file.read(ENTRY_LIMIT + 1))
        except (EntryInvalid, OSError) as fault:
            logger.warning("%s is no entry of a knowledge base: %s", path, fault)
    return replace(search, earlier=(*search.earlier, *nearest.found()), knowledge_read=True)


def _newest(home: Home, namespace: str) -> list[Path]:
    beside = sorted(path for path in home.folder.parent.iterdir() if path.is_dir())
    folders = (Home(folder).objects / knowledge_prefix("", namespace) for folder in beside)
    found = [path for folder in folders if folder.is_dir() for path in folder.glob("*.json")]
    return sorted(found, key=lambda path: path.name)[:MOST_READ]
