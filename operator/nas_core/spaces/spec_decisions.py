"""Makes a space from the decisions that a user describes."""

from __future__ import annotations

from collections.abc import Sequence

from nas_core.api.decision import DecisionSpec
from nas_core.spaces.base import SearchSpace
from nas_core.spaces.decisions import Choice, Decision, Integer, Real, Subset, When


def space_of_decisions(decisions: Sequence[DecisionSpec]) -> SearchSpace:
    """Return the space of the user's own decisions.

    Raises:
        ValueError: if they do not fit together; the message names the decision.
    """
    return SearchSpace("own", [decision_of(spec) for spec in decisions])


def decision_of(spec: DecisionSpec) -> Decision:
    """Return one decision.

    Raises:
        ValueError: if its bounds make no sense.
    """
    when = When(spec.when.decision, frozenset(spec.when.values)) if spec.when else None
    if spec.choice is not None:
        return Choice(spec.name, tuple(spec.choice), when=when)
    if spec.integer is not None:
        whole = spec.integer
        return Integer(spec.name, whole.min, whole.max, step=whole.step, log=whole.log, when=when)
    if spec.real is not None:
        return Real(spec.name, float(spec.real.min), float(spec.real.max), log=spec.real.log, when=when)
    if spec.subset is not None:
        subset = spec.subset
        return Subset(spec.name, tuple(subset.members), least=subset.min, most=subset.max, when=when)
    raise AssertionError("a decision has exactly one member")
