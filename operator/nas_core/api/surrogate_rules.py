"""Rules of searches that evaluate candidates by a surrogate alone: what cannot be had without training.

Each is here twice, as CEL and as Python.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nas_core.api.base import Rule
from nas_core.api.supernet_rules import DERIVES, derives

_PREDICTS = "has(self.evaluation.surrogate)"


def predicts(spec: Any) -> bool:
    """Whether the candidates of a `NASSearchSpec` are evaluated by a surrogate alone."""
    return spec.evaluation.surrogate is not None


def _rule(wrong: str, found: Callable[[Any], object], message: str) -> Rule:
    """Make a rule for searches with a surrogate; ``found`` returns what is wrong, or nothing."""

    def broken_by(spec: Any) -> str | None:
        what = found(spec) if predicts(spec) else None
        return str(what) if what else None

    return Rule(f"!{_PREDICTS} || !({wrong})", message, broken_by=broken_by)


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
