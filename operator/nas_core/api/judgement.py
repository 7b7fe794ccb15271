"""By what results were judged when a decision was made: the part of a search's spec that may change meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Self

from pydantic import Field

from nas_core.api.base import ApiModel, k8s
from nas_core.api.strategy import Constraint, Objective


class HeldJudgement(ApiModel):
    """Limits and weights that held when candidates were chosen or promoted."""

    constraints: list[Constraint] = Field(
        default=[], max_length=8, json_schema_extra=k8s(map_keys=("metric",)), description="The spec.constraints."
    )
    weights: dict[str, Annotated[str, Field(max_length=32)]] = Field(
        default={},
        json_schema_extra=k8s(max_properties=4),
        description="The weights of spec.objectives by metric, of those that have one.",
    )

    @classmethod
    def of(cls, objectives: Sequence[Objective], constraints: Sequence[Constraint]) -> Self | None:
        """Return what is put on record; None if there is nothing."""
        weights = {each.metric: str(each.weight) for each in objectives if each.weight is not None}
        return cls(constraints=list(constraints), weights=weights) if weights or constraints else None

    def weighed(self, objectives: Sequence[Objective]) -> list[Objective]:
        """Return objectives with the weights that held. What a target is only ends a search."""
        return [each.model_copy(update={"weight": self.weights.get(each.metric)}) for each in objectives]
