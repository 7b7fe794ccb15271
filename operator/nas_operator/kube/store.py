"""The newest known view of each object of one kind, indexed by the search it belongs to.

A watch feeds it, and so do the answers to the operator's writes. So a look always sees what the last one wrote.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, TypeVar

from nas_core.records.metadata import View

logger = logging.getLogger(__name__)

V = TypeVar("V", bound=View)
SearchKey = tuple[str, str]
"""Namespace and name of a search."""

_GONE_LIMIT = 4096
"""Removed objects remembered, so that the late answer to one of our own writes does not bring one back."""


class Store(Generic[V]):
    """Views by namespace (empty for kinds that belong to none) and name.

    ``on_change`` gets the search's key when something the plan sees changed, ``on_gone`` the last view of an object
    that was removed, ``on_seen`` each new view.
    """

    def __init__(
        self,
        parse: Callable[[Mapping[str, Any]], V],
        on_change: Callable[[SearchKey], None],
        search_of: Callable[[V], str | None] = lambda view: view.meta.search,
        on_gone: Callable[[V], None] = lambda _: None,
        on_seen: Callable[[V], None] = lambda _: None,
    ) -> None:
        self._parse, self._on_change, self._search_of = parse, on_change, search_of
        self._on_gone, self._on_seen = on_gone, on_seen
        self._views: dict[tuple[str, str], V] = {}
        self._by_search: dict[SearchKey, dict[str, V]] = {}
        self._gone: dict[tuple[str, str], int] = {}

    def __len__(self) -> int:
        return len(self._views)

    def get(self, namespace: str, name: str) -> V | None:
        """Return the view of an object, or None."""
        return self._views.get((namespace, name))

    def of_search(self, key: SearchKey) -> tuple[V, ...]:
        """Return the views of all objects of a search."""
        return tuple(self._by_search.get(key, {}).values())

    def all(self) -> tuple[V, ...]:
        """Return all views."""
        return tuple(self._views.values())

    def put(self, raw: Mapping[str, Any]) -> None:
        """Take an object in, unless a newer state of it is known (a watch lags behind our own writes).

        One that cannot be read is passed over: whoever wrote it must not stop the work on all others.
        """
        key, version = _key(raw), int(raw["metadata"]["resourceVersion"])
        known = self._views.get(key)
        if known is not None and known.meta.resource_version >= version:
            return
        if version <= self._gone.get(key, 0):
            return
        try:
            view = self._parse(raw)
        except Exception as error:
            what = f"{type(error).__name__}: {error}"
            logger.warning("%s %s/%s cannot be read and is left alone: %s", raw.get("kind", "object"), *key, what)
            return
        search = self._search_of(view)
        if search is None:
            return
        self._views[key] = view
        self._by_search.setdefault((key[0], search), {})[key[1]] = view
        self._on_seen(view)
        if known is None or _differs(known, view):
            self._on_change((key[0], search))

    def remove(self, raw: Mapping[str, Any]) -> None:
        """Drop an object that the API server has removed."""
        key, version = _key(raw), int(raw["metadata"]["resourceVersion"])
        known = self._views.get(key)
        if len(self._gone) >= _GONE_LIMIT:
            # All at once, not the oldest: an entry matters only for the seconds that an answer may be late.
            self._gone.clear()
        self._gone[key] = version
        if known is not None and known.meta.resource_version <= version:
            last = known
            # The event has the object's last state, which may say more than any before it.
            with contextlib.suppress(Exception):
                last = self._parse(raw)
            self._drop(key, known, last)

    def replace(self, items: Iterable[Mapping[str, Any]], version: int, namespace: str | None = None) -> None:
        """Take in a whole list made at resource version ``version``; what is not in it and not newer is gone.

        A list of one ``namespace`` says nothing of the others.
        """
        listed = set()
        for raw in items:
            listed.add(_key(raw))
            self.put(raw)
        # What is newer than the list may have been created after it, so its absence says nothing.
        for key, known in list(self._views.items()):
            if key not in listed and known.meta.resource_version <= version and namespace in (None, key[0]):
                self._drop(key, known, known)

    def _drop(self, key: tuple[str, str], known: V, last: V) -> None:
        del self._views[key]
        self._on_gone(last)
        search = self._search_of(known)
        if search is None:
            return
        group = self._by_search.get((key[0], search), {})
        group.pop(key[1], None)
        if not group:
            self._by_search.pop((key[0], search), None)
        self._on_change((key[0], search))


def _key(raw: Mapping[str, Any]) -> tuple[str, str]:
    meta = raw["metadata"]
    return meta.get("namespace", ""), meta["name"]


def _differs(one: View, other: View) -> bool:
    """Tell whether two states differ in more than the resource version (managed fields, heartbeat times)."""
    before, after = one.meta, other.meta
    if before.deleting != after.deleting or before.uid != after.uid:
        return True
    return any(getattr(one, name) != getattr(other, name) for name in _compared(type(one)))


@functools.cache
def _compared(view: type[Any]) -> tuple[str, ...]:
    """The fields of a view, what is derived from them aside."""
    return tuple(f.name for f in dataclasses.fields(view) if f.compare and f.name != "meta")
