"""What the plan and the client need of a NASModel, read from its raw JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from nas_core.api.model import NASModelSpec, NASModelStatus
from nas_core.records.metadata import Json, Meta


@dataclass(frozen=True)
class ModelView:
    """A NASModel."""

    meta: Meta
    generation: int
    created: datetime
    finalizers: tuple[str, ...]
    spec: NASModelSpec
    status: NASModelStatus
    raw_status: Json = field(default_factory=dict, compare=False)

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> ModelView:
        """Cut the view out of a raw object."""
        meta = raw["metadata"]
        return cls(
            meta=Meta.of(raw),
            generation=meta.get("generation", 0),
            created=datetime.fromisoformat(meta["creationTimestamp"]),
            finalizers=tuple(meta.get("finalizers", ())),
            spec=NASModelSpec.model_validate(raw["spec"]),
            status=NASModelStatus.model_validate(raw.get("status", {})),
            raw_status=raw.get("status", {}),
        )

    @property
    def name(self) -> str:
        """The name that its versions share."""
        return self.spec.name or self.meta.name

    @property
    def in_production(self) -> bool:
        """Whether it is to be the version to use."""
        return self.spec.stage == "production" and not self.meta.deleting
