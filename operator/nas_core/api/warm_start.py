"""`spec.warmStart`: a search that begins with the best of earlier ones. `nas_search.warm_started` does it."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from pydantic import Field

from nas_core.api.base import ApiModel, Rule, k8s
from nas_core.api.predictor import EarlierNames
from nas_core.api.supernet_rules import DERIVES, derives, rule_where
from nas_core.api.types import each_once

CANDIDATES = 5
"""Of the best earlier architectures that are tried: as many as there are random ones to judge them by."""


class Knowledge(ApiModel):
    """What ended searches have left in the bucket below the namespace's `knowledge_base/`."""

    nearest: int = Field(
        default=3,
        ge=1,
        le=8,
        description="Searches of the same task and objectives that are taken at most: those with the nearest data.",
    )


class WarmStart(ApiModel):
    """Earlier searches whose best architectures are tried first, and whose results bayesian begins with."""

    rules: ClassVar = (
        Rule(
            "has(self.searches) || has(self.knowledge) || has(self.imported)",
            "name earlier searches or imported results, or set knowledge: {} for the searches with the nearest data",
            broken_by=lambda held: None if held.searches or held.knowledge or held.imported else "none of them",
        ),
        Rule(
            "!has(self.searches) || !has(self.imported) || !self.imported.exists(i, i in self.searches)",
            "the name of imported results is that of a search too; import them under another name",
            field_path=".imported",
            broken_by=lambda held: next((name for name in held.imported or () if name in (held.searches or ())), None),
        ),
    )

    searches: EarlierNames | None = Field(
        default=None,
        json_schema_extra=k8s(rules=(each_once("search"),)),
        description="NASSearches of the namespace that have ended, with the same objective metrics.",
    )
    knowledge: Knowledge | None = Field(
        default=None,
        description="Take what searches of the namespace have left in this bucket; it begins without if none fits.",
    )
    imported: EarlierNames | None = Field(
        default=None,
        json_schema_extra=k8s(rules=(each_once("name"),)),
        description="Results of other tools that nasctl import has put into this bucket, by name.",
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
    Rule(
        "!has(self.warmStart) || !(has(self.warmStart.knowledge) || has(self.warmStart.imported)) || has(self.storage)",
        "warmStart.knowledge and imported are in the bucket of spec.storage; set that, or name warmStart.searches",
        field_path=".warmStart",
    ),
)
