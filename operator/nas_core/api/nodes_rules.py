"""Rules of searches whose trainings run over several pods: what cannot be divided among them.

Each is here twice, as CEL and as Python.
"""

from __future__ import annotations

from typing import Any

from nas_core.api.supernet_rules import DERIVES, derives, rule_where

_OVER_NODES = "(has(self.trialTemplate.nodes) && self.trialTemplate.nodes > 1)"


def over_nodes(spec: Any) -> bool:
    """Whether each training of a `NASSearchSpec` runs over several pods."""
    return bool(spec.trial_template.nodes > 1)


def _not_trained(spec: Any) -> str | None:
    """Return what evaluates candidates without a training of each in a trial of its own."""
    evaluation = spec.evaluation
    found = [name for name in ("benchmark", "supernet", "surrogate") if getattr(evaluation, name) is not None]
    if not found and (spec.strategy.zero_cost or derives(spec)):
        found = [spec.strategy.member]
    return found[0] if found else "candidatesPerTrial" if evaluation.candidates_per_trial > 1 else None


NODES_RULES = (
    rule_where(
        _OVER_NODES,
        over_nodes,
        "has(self.evaluation.benchmark) || has(self.evaluation.supernet) || has(self.evaluation.surrogate) || "
        f"has(self.strategy.zeroCost) || {DERIVES} || "
        "(has(self.evaluation.candidatesPerTrial) && self.evaluation.candidatesPerTrial > 1)",
        _not_trained,
        "trialTemplate.nodes above 1 is for trainings of one candidate each: not for benchmark, supernet, surrogate, "
        "zeroCost, gradient strategies and candidatesPerTrial above 1; remove nodes",
    ),
)
