"""What the plan and the operator need of policies and namespaces, read from their raw JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from nas_core.api.policy import LabelSelectorRequirement, MonthUse, NamespaceSelector, NASPolicySpec, NASPolicyStatus
from nas_core.records.metadata import Json, Meta


@dataclass(frozen=True)
class NamespaceView:
    """A namespace."""

    meta: Meta
    labels: Mapping[str, str]

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> NamespaceView:
        """Cut the view out of a raw object."""
        return cls(Meta.of(raw), dict(raw["metadata"].get("labels", {})))


@dataclass(frozen=True)
class PolicyView:
    """A NASPolicy."""

    meta: Meta
    generation: int
    created: datetime
    spec: NASPolicySpec
    raw_status: Json = field(default_factory=dict, compare=False)

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> PolicyView:
        """Cut the view out of a raw object."""
        meta = raw["metadata"]
        return cls(
            Meta.of(raw),
            meta.get("generation", 0),
            datetime.fromisoformat(meta["creationTimestamp"]),
            NASPolicySpec.model_validate(raw["spec"]),
            raw.get("status", {}),
        )

    @cached_property
    def status(self) -> NASPolicyStatus:
        """What is on record of its use."""
        # Not read with the spec: a policy holds, whatever its status is.
        return NASPolicyStatus.model_validate(self.raw_status)

    def month_of(self, namespace: str) -> MonthUse | None:
        """Return what its status says of a namespace's GPU time."""
        return next((use.month for use in self.status.namespaces if use.name == namespace), None)

    def selects(self, namespace: NamespaceView) -> bool:
        """Whether a namespace is one of the policy's."""
        return _selects(self.spec.namespace_selector, namespace.labels)


def _selects(selector: NamespaceSelector, labels: Mapping[str, str]) -> bool:
    return all(labels.get(key) == value for key, value in selector.match_labels.items()) and all(
        _holds(one, labels) for one in selector.match_expressions
    )


def _holds(one: LabelSelectorRequirement, labels: Mapping[str, str]) -> bool:
    match one.operator:
        case "Exists":
            return one.key in labels
        case "DoesNotExist":
            return one.key not in labels
        case "In":
            return labels.get(one.key) in one.values
        case "NotIn":
            # As in Kubernetes: what has no such label is in no list.
            return labels.get(one.key) not in one.values
