"""What the plan needs of a ResourceQuota, read from its raw JSON."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from nas_core.quantities import parse_quantity
from nas_core.records.metadata import Meta


@dataclass(frozen=True)
class QuotaView:
    """A ResourceQuota. Amounts by the names that quotas have for them: ``pods``, ``requests.nvidia.com/gpu``."""

    meta: Meta
    hard: Mapping[str, Decimal]
    used: Mapping[str, Decimal]
    scoped: bool
    """Whether it is for some pods alone, by their priority for example."""

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> QuotaView:
        """Cut the view out of a raw object."""
        spec = raw.get("spec", {})
        return cls(
            Meta.of(raw),
            # What is asked for: the controller copies it into the status a moment later.
            _amounts(spec.get("hard", {})),
            _amounts(raw.get("status", {}).get("used", {})),
            bool(spec.get("scopes") or spec.get("scopeSelector")),
        )


def _amounts(raw: Mapping[str, Any]) -> dict[str, Decimal]:
    amounts = {}
    for name, text in raw.items():
        # The API server has checked them; one that is new to us bounds nothing here, and is still held by it.
        with contextlib.suppress(ValueError):
            amounts[name] = parse_quantity(text)
    return amounts
