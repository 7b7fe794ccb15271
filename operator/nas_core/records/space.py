"""The view of a NASSearchSpace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from nas_core.api.space import SearchSpaceSpec
from nas_core.crd.explain import explain
from nas_core.records.metadata import Json, Meta


@dataclass(frozen=True)
class SpaceView:
    """A NASSearchSpace. ``spec`` is None when the stored object cannot be read; ``error`` says why."""

    meta: Meta
    generation: int
    spec: SearchSpaceSpec | None
    error: str | None = None
    raw_status: Json = field(default_factory=dict, compare=False)

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> SpaceView:
        """Cut the view out of a raw object."""
        # Here: spaces need numpy, which who looks at searches does not wait for.
        from nas_core.spaces import get_space

        spec, error = None, None
        try:
            spec = SearchSpaceSpec.model_validate(raw.get("spec", {}))
            # Decisions that are fine by themselves may not fit together, which only making the space shows.
            get_space(spec)
        except ValidationError as invalid:
            error = "; ".join(explain(fault) for fault in invalid.errors())
        except ValueError as invalid:
            spec, error = None, f"spec: {invalid}"
        except Exception as bug:
            spec, error = None, f"spec: {type(bug).__name__}: {bug}"
        return cls(Meta.of(raw), raw["metadata"].get("generation", 0), spec, error, raw.get("status", {}))
