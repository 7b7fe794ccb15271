"""`spec.warmStart`: a search that begins with the best of earlier ones. `nas_search.warm_started` does it."""

from __future__ import annotations

from functools import partial

from pydantic import Field

from nas_core.api.base import ApiModel, k8s
from nas_core.api.predictor import EarlierNames
from nas_core.api.supernet_rules import DERIVES, derives, rule_where
from nas_core.api.types import each_once

CANDIDATES = 5
"""Of the best earlier architectures that are tried: as many as there are random ones to judge them by."""


class WarmStart(ApiModel):
    """Earlier searches whose best architectures are tried first, and whose results bayesian begins with."""

    searches: EarlierNames = Field(
        json_schema_extra=k8s(rules=(each_once("search"),)),
        description="NASSearches of the namespace that have ended, with the same objective metrics.",
    )
    candidates: int = Field(
        default=CANDIDATES, ge=1, le=50, description="Architectures that are tried, of all searches together."
    )


_rule = partial(rule_where, "has(self.warmStart)", lambda spec: spec.warm_start is not None)

WARM_START_RULES = (
    _rule(
        "has(self.evaluation.surrogate) || (has(self.evaluation.prefilter) && "
        "has(self.evaluation.prefilter.predictor) && has(self.evaluation.prefilter.predictor.from))",
        lambda spec: "from" if spec.evaluation.learns_from else None,
        "evaluation names earlier searches too (surrogate, prefilter.predictor.from); remove these, or warmStart",
    ),
    _rule(
        DERIVES,
        lambda spec: spec.strategy.member if derives(spec) else None,
        "a gradient strategy derives its architectures in a supernet; remove warmStart",
    ),
)
