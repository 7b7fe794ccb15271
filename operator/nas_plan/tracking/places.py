"""Where runs of deleted searches may be: at the server of the platform's default, and at those of the searches left.

Nothing else of a deleted search says where its run is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from nas_core.api.tracking import TrackingServer
from nas_core.records.search import ReadableSearch, SearchView
from nas_plan.tracking.default import TrackingDefault


class Place(NamedTuple):
    """An MLflow server, as searches of one namespace use it."""

    namespace: str
    """Empty: of any, where nobody has to say who asks."""
    server: TrackingServer


def places(default: TrackingDefault, searches: Iterable[SearchView], namespaces: Iterable[str]) -> list[Place]:
    """Return each place once, those of the default first.

    Args:
        default: the platform's.
        searches: all that are there.
        namespaces: those that the operator serves.
    """
    found = dict[tuple[str, str, str], Place]()

    def add(namespace: str, server: TrackingServer) -> None:
        secret = server.secret_ref.name if server.secret_ref else ""
        found.setdefault((namespace, server.endpoint, secret), Place(namespace, server))

    if default.mlflow:
        for namespace in sorted(namespaces) if default.mlflow.secret_ref else [""]:
            add(namespace, default.mlflow)
    for search in searches:
        if isinstance(search, ReadableSearch) and search.spec.tracking and search.spec.tracking.mlflow:
            add(search.meta.namespace, search.spec.tracking.mlflow)
    return list(found.values())
