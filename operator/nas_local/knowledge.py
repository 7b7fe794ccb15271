"""The knowledge base of this machine: what the searches in the folders side by side have left when they ended."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from nas_core.layout import imported_key, knowledge_prefix
from nas_core.records.knowledge import ENTRY_LIMIT, MOST_READ, EntryInvalid
from nas_core.records.search import ReadableSearch, SearchView
from nas_core.records.trial import TrialView
from nas_local.home import Home
from nas_plan.knowledge.imported import imported, imports_unread
from nas_plan.knowledge.nearest import NearestEntries, still_wanted
from nas_plan.shared_weights import Refusal

logger = logging.getLogger(__name__)


def with_knowledge(home: Home, search: SearchView, trials: Sequence[TrialView]) -> SearchView:
    """Return a search with the entries that it begins with, as it is if it asks for none, else why one is missing."""
    names = imports_unread(search, trials)
    if not isinstance(search, ReadableSearch) or not (names or still_wanted(search, trials)):
        return search
    taken = []
    for name in names:
        one = imported(search, name, _imported(home, search.meta.namespace, name))
        if isinstance(one, Refusal):
            return search.unreadable(one.message, one.reason)
        taken.append(one)
    nearest = NearestEntries(search, trials)
    for path in _newest(home, search.meta.namespace) if still_wanted(search, trials) else ():
        try:
            with path.open("rb") as file:
                nearest.take(file.read(ENTRY_LIMIT + 1))
        except (EntryInvalid, OSError) as fault:
            logger.warning("%s is no entry of a knowledge base: %s", path, fault)
    return replace(search, earlier=(*search.earlier, *taken, *nearest.found()), knowledge_read=True)


def _imported(home: Home, namespace: str, name: str) -> bytes | None:
    """Return what was imported under a name into one of the folders."""
    for path in (objects / imported_key("", namespace, name) for objects in _objects(home)):
        if path.is_file():
            with path.open("rb") as file:
                return file.read(ENTRY_LIMIT + 1)
    return None


def _objects(home: Home) -> list[Path]:
    return [Home(folder).objects for folder in sorted(home.folder.parent.iterdir()) if folder.is_dir()]


def _newest(home: Home, namespace: str) -> list[Path]:
    folders = (objects / knowledge_prefix("", namespace) for objects in _objects(home))
    found = [path for folder in folders if folder.is_dir() for path in folder.glob("*.json")]
    return sorted(found, key=lambda path: path.name)[:MOST_READ]
