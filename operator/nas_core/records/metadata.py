"""What all views have: the metadata of an object, and how its times are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, Self

from nas_core.records.names import SEARCH_LABEL

Json = dict[str, Any]


def parse_time(text: str | None) -> datetime | None:
    """Turn an RFC 3339 time of the API server into an aware datetime."""
    # Python reads the Z of RFC 3339 from 3.11 on.
    return datetime.fromisoformat(text) if text else None


@dataclass(frozen=True)
class Meta:
    """The part of `metav1.ObjectMeta` that matters here."""

    namespace: str
    """Empty for a kind that belongs to no namespace."""
    name: str
    uid: str
    resource_version: int
    deleted_at: datetime | None
    """When its graceful deletion is (or was) due to end; None while nobody deletes it."""
    owner_uid: str | None
    search: str | None

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> Self:
        """Cut the metadata out of a raw object."""
        meta = raw["metadata"]
        # Of several owners at most one is the controller, the one that is in charge.
        owners = [owner["uid"] for owner in meta.get("ownerReferences", ()) if owner.get("controller")]
        return cls(
            namespace=meta.get("namespace", ""),
            name=meta["name"],
            uid=meta["uid"],
            resource_version=int(meta["resourceVersion"]),
            deleted_at=parse_time(meta.get("deletionTimestamp")),
            owner_uid=owners[0] if owners else None,
            search=meta.get("labels", {}).get(SEARCH_LABEL),
        )

    @property
    def deleting(self) -> bool:
        """Whether its deletion has begun."""
        return self.deleted_at is not None

    @property
    def key(self) -> tuple[str, str]:
        """Namespace and name."""
        return self.namespace, self.name


class View(Protocol):
    """An object as the stores keep it."""

    @property
    def meta(self) -> Meta:
        """Its metadata."""
        ...
