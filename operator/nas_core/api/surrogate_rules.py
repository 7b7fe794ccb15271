"""Rules of searches that evaluate candidates by a surrogate alone: what cannot be had without training.

Each is here twice, as CEL and as Python.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from nas_core.api.supernet_rules import DERIVES, derives, rule_where


def predicts(spec: Any) -> bool:
    """Whether the candidates of a `NASSearchSpec` are evaluated by a surrogate alone."""
    return spec.evaluation.surrogate is not None


_rule = partial(rule_where, "has(self.evaluation.surrogate)", predicts)

SURROGATE_RULES = (
    _rule(
        "has(self.evaluation.prefilter)",
        lambda spec: "prefilter" if spec.evaluation.prefilter else None,
        "evaluation.surrogate predicts each candidate anyway; remove evaluation.prefilter",
    ),
    _rule(
        "has(self.strategy.rungs)",
        lambda spec: "rungs" if spec.strategy.rungs else None,
        "strategy.rungs trains candidates further, and evaluation.surrogate trains none; remove one of them",
    ),
    _rule(
        "has(self.strategy.zeroCost)",
        lambda spec: "zeroCost" if spec.strategy.zero_cost else None,
        "strategy.zeroCost scores candidates in pods, and evaluation.surrogate starts none; take another strategy",
    ),
    _rule(
        DERIVES,
        lambda spec: spec.strategy.member if derives(spec) else None,
        "a gradient strategy derives architectures in a supernet; remove evaluation.surrogate",
    ),
    _rule(
        "has(self.evaluation.earlyStopping) || has(self.evaluation.folds) || self.evaluation.repeats > 1",
        lambda spec: (
            "earlyStopping"
            if spec.evaluation.early_stopping
            else "folds"
            if spec.evaluation.folds
            else "repeats"
            if spec.evaluation.repeats > 1
            else None
        ),
        "evaluation.surrogate trains no candidate in the search; remove earlyStopping, folds and repeats",
    ),
)
