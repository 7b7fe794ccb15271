"""Our spaces as Syne Tune's configuration spaces, and its configurations as architectures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from syne_tune.config_space import choice, lograndint, loguniform, randint, uniform

from nas_core.spaces import SearchSpace
from nas_core.spaces.decisions import Decision, Integer, Real


def domains(space: SearchSpace) -> dict[str, Any]:
    """Return the configuration space."""
    return {decision.name: _domain(decision) for decision in space.decisions}


def values_of(space: SearchSpace, config: Mapping[str, Any]) -> dict[str, str]:
    """Return what a configuration decides, all decisions, also those that do not apply."""
    return {one.name: _written(one, config[one.name]) for one in space.decisions}


def _domain(decision: Decision) -> Any:
    if isinstance(decision, Integer):
        if _is_log(decision):
            return lograndint(decision.low, decision.high)
        # By place: randint has no step.
        return randint(0, decision.count - 1)
    if isinstance(decision, Real):
        return (loguniform if decision.log else uniform)(decision.low, decision.high)
    return choice(list(decision.values()))


def _written(decision: Decision, value: Any) -> str:
    if isinstance(decision, Integer):
        return str(int(value) if _is_log(decision) else decision.low + decision.step * int(value))
    return decision.write(float(value)) if isinstance(decision, Real) else str(value)


def _is_log(decision: Integer) -> bool:
    return decision.log and decision.step == 1
