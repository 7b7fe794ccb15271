"""Decisions as Optuna's distributions of parameters, and values there and back.

A choice is categorical, a number an integer or a float; of a subset each member is in or not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import Trial

from nas_core.spaces import Architecture, SearchSpace
from nas_core.spaces.decisions import Decision, Integer, Real, Subset


class ParameterSpace:
    """A space as parameters of Optuna's trials."""

    def __init__(self, space: SearchSpace) -> None:
        self._space = space
        self._decisions = {decision.name: decision for decision in space.decisions}
        self._distributions = {decision.name: dict(_distributions(decision)) for decision in space.decisions}

    def to_optuna(self, values: Architecture) -> tuple[dict[str, Any], dict[str, BaseDistribution]]:
        """Return the parameters that an architecture has in Optuna, and their distributions."""
        params: dict[str, Any] = {}
        distributions: dict[str, BaseDistribution] = {}
        # Conditional decisions are simply missing from a trial, as Optuna has it in define-by-run.
        for decision in self._space.active(values):
            params |= _params(decision, values[decision.name])
            distributions |= self._distributions[decision.name]
        return params, distributions

    def suggest(self, trial: Trial, rng: np.random.Generator) -> dict[str, str]:
        """Return what a trial suggests, decision by decision; ``rng`` draws members of a subset that has too few."""

        def suggested(decision: Decision) -> str:
            # The whole one: a sampler takes no other distribution of a parameter from then on.
            decision = self._decisions[decision.name]
            distributions = self._distributions[decision.name]
            params = {name: _suggest(trial, name, each) for name, each in distributions.items()}
            return _value(decision, params, rng)

        return self._space.complete(suggested)


def _distributions(decision: Decision) -> Iterator[tuple[str, BaseDistribution]]:
    if isinstance(decision, Real):
        yield decision.name, FloatDistribution(decision.low, decision.high, log=decision.log)
    elif isinstance(decision, Integer):
        highest = decision.low + decision.step * (decision.count - 1)
        # Optuna has no logarithmic range with steps; what it suggests between two of them is moved to the nearest.
        yield (
            decision.name,
            IntDistribution(decision.low, highest, log=decision.log, step=1 if decision.log else decision.step),
        )
    elif isinstance(decision, Subset):
        for member in decision.members:
            yield f"{decision.name}:{member}", CategoricalDistribution((False, True))
    else:
        yield decision.name, CategoricalDistribution(tuple(decision.values()))


def _suggest(trial: Trial, name: str, distribution: BaseDistribution) -> Any:
    if isinstance(distribution, FloatDistribution):
        return trial.suggest_float(name, distribution.low, distribution.high, log=distribution.log)
    if isinstance(distribution, IntDistribution):
        low, high, step = distribution.low, distribution.high, distribution.step
        return trial.suggest_int(name, low, high, step=step, log=distribution.log)
    assert isinstance(distribution, CategoricalDistribution)
    return trial.suggest_categorical(name, distribution.choices)


def _params(decision: Decision, value: str) -> Mapping[str, Any]:
    if isinstance(decision, Real):
        return {decision.name: float(value)}
    if isinstance(decision, Integer):
        return {decision.name: int(value)}
    if isinstance(decision, Subset):
        inside = decision.read(value)
        return {f"{decision.name}:{member}": member in inside for member in decision.members}
    return {decision.name: value}


def _value(decision: Decision, params: Mapping[str, Any], rng: np.random.Generator) -> str:
    if isinstance(decision, Real | Integer):
        return decision.write(params[decision.name])
    if isinstance(decision, Subset):
        order = rng.permutation(len(decision.members)).tolist()
        # Those that Optuna wants first; more or fewer of them only as the subset demands.
        order.sort(key=lambda k: not params[f"{decision.name}:{decision.members[k]}"])
        size = min(max(sum(map(bool, params.values())), decision.least), decision.greatest)
        return decision.write([decision.members[k] for k in order[:size]])
    return str(params[decision.name])
