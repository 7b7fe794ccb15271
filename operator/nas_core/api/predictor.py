"""Predictors of a search (`evaluation.prefilter.predictor`, `evaluation.surrogate`), and what they learn from."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from nas_core.api.base import ApiModel, k8s
from nas_core.api.types import ObjectName, each_once

PredictorName = Literal["gaussianProcess", "boostedTrees", "ensemble"]
MODEL = "gaussianProcess, boostedTrees, or ensemble: the mean of both, which takes longest to fit."


EarlierNames = Annotated[list[ObjectName], Field(min_length=1, max_length=8)]


class EarlierResults(ApiModel):
    """Earlier searches whose results a predictor learns from."""

    searches: EarlierNames = Field(
        json_schema_extra=k8s(rules=(each_once("search"),)),
        description=(
            "NASSearches of the namespace that have ended, of the same space and hyperparameters, with the same "
            "objective metrics, and trained, not predicted. At most 256 results of each are copied when the search "
            "begins."
        ),
    )


class Surrogate(ApiModel):
    """Candidates are evaluated by a predictor that has learned from earlier searches; no pod is started for them."""

    model: PredictorName = Field(default="gaussianProcess", description=MODEL)
    from_: EarlierResults = Field(
        description=(
            "What it learns from: searches of the same data and epochs, as their values are what is predicted. If it "
            "does not rank results that it was not fitted to, no candidate is evaluated; the condition "
            "SurrogateReliable says so."
        )
    )


class PrefilterPredictor(ApiModel):
    """What a candidate would reach, learned from the search's own results and, if asked, from earlier ones."""

    model: PredictorName = Field(default="gaussianProcess", description=MODEL)
    after: int = Field(
        default=20,
        ge=5,
        le=1000,
        description=(
            "Results that the search has without it, and that it learns from first. With from it is used from the "
            "first candidate on, and learns from the search's own results when there are so many."
        ),
    )
    candidates: int = Field(
        default=50,
        ge=2,
        le=200,
        description="Candidates that the strategy proposes for each that is trained, the one that is predicted best.",
    )
    from_: EarlierResults | None = Field(
        default=None,
        description=(
            "Learn from earlier searches too. One that the search's own results contradict is dropped; the condition "
            "SurrogateReliable says so."
        ),
    )
