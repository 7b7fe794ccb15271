"""Which version of a model is in production: of each name one, the one that was made it last."""

from __future__ import annotations

from datetime import UTC, datetime

from nas_core.records.model import ModelView
from nas_plan.models.snapshot import ModelSnapshot

_NOW = datetime.max.replace(tzinfo=UTC)


def production_since(snapshot: ModelSnapshot) -> datetime | None:
    """Return since when a model is in production; None of one that is not."""
    model = snapshot.model
    if not model.in_production or _in_production(snapshot) is not model:
        return None
    return model.status.production_since or snapshot.now.replace(microsecond=0)


def demoted(snapshot: ModelSnapshot) -> tuple[ModelView, ...]:
    """Return the other versions that are to be candidates again, because this one is in production."""
    if not snapshot.model.in_production or _in_production(snapshot) is not snapshot.model:
        return ()
    return tuple(other for other in snapshot.namesakes if other.in_production)


def _in_production(snapshot: ModelSnapshot) -> ModelView:
    versions = [view for view in (snapshot.model, *snapshot.namesakes) if view.in_production]
    # One without a time has just been made it. Of several the newest, and by name, so that every look finds the same.
    return max(versions, key=lambda view: (view.status.production_since or _NOW, view.created, view.meta.name))
