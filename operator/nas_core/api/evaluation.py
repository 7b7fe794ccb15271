"""`spec.evaluation` of a search: how a candidate is trained and judged."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from nas_core.api.base import ApiModel, k8s
from nas_core.api.types import Duration, NonNegative


class Optimizer(ApiModel):
    """How weights are updated."""

    name: Literal["sgd", "adamw"] = Field(default="sgd", description="sgd (Nesterov momentum) or adamw.")
    learning_rate: NonNegative = Field(
        default="0.1", description="Peak learning rate of the cosine schedule, as a string."
    )
    weight_decay: NonNegative = Field(default="0.0005", description="Weight decay, as a string.")
    momentum: str = Field(
        default="0.9",
        max_length=32,
        pattern=r"^(0|0?\.[0-9]+)$",
        json_schema_extra=k8s(must="a number of at least 0 and below 1, as a string such as '0.9'"),
        description="Momentum of sgd, at least 0 and below 1, as a string; adamw ignores it.",
    )


class Evaluation(ApiModel):
    """How a candidate is judged: each is trained for some epochs and reports its metrics."""

    epochs: int = Field(default=10, ge=1, le=10_000, description="Epochs each candidate is trained.")
    batch_size: int = Field(default=128, ge=1, le=65_536, description="Examples in a training step.")
    optimizer: Optimizer = Field(default=Optimizer(), description="Optimiser and its settings.")
    precision: Literal["auto", "float32", "bfloat16", "float16"] = Field(
        default="auto",
        description="Arithmetic of the forward pass; auto is bfloat16 on GPUs that have it, else float32.",
    )
    max_trial_duration: Duration | None = Field(
        default=None,
        description="Stop an attempt of a trial that runs longer (2h30m, 45m). Makes the cost of the search plannable.",
    )
