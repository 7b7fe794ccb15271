"""A study of Optuna as its documentation drives one, by ask and tell; what its samplers as entrants share.

It is not `nas_search.optuna_samplers`, on purpose: that one makes the study anew for each candidate, splits subsets
into their members and never tries a candidate twice, and so would not show what Optuna does by itself.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence

import optuna
from optuna.samplers import BaseSampler

from nas_benchmark.other_libraries.base import LibraryEntrant
from nas_core.api.strategy import Objective
from nas_core.spaces import SearchSpace
from nas_core.spaces.decisions import Decision, Integer, Real


class OptunaStudy(LibraryEntrant):
    """Decisions are suggested one by one as its documentation says, so that conditional ones are only asked for
    where they apply; queries without a result are its running trials."""

    several_objectives = True

    def __init__(self, space: SearchSpace, objectives: Sequence[Objective], seed: int) -> None:
        super().__init__(space, objectives, seed)
        # Optuna writes a line for each trial.
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._study = optuna.create_study(directions=["minimize"] * len(objectives), sampler=self.sampler())
        self._running: dict[int, optuna.Trial] = {}

    @abstractmethod
    def sampler(self) -> BaseSampler:
        """Return the sampler, seeded."""

    def ask(self, index: int) -> dict[str, str]:
        """Return the architecture of a new trial."""
        trial = self._running[index] = self._study.ask()
        return self.space.complete(lambda decision: _suggested(trial, decision))

    def tell(self, index: int, metrics: Mapping[str, float] | None) -> None:
        """End the trial with its result."""
        costs = self.costs(metrics)
        state = optuna.trial.TrialState.COMPLETE if costs else optuna.trial.TrialState.FAIL
        self._study.tell(self._running.pop(index), costs, state=state)


def _suggested(trial: optuna.Trial, decision: Decision) -> str:
    if isinstance(decision, Integer):
        # suggest_int takes a logarithmic range only with a step of 1.
        if decision.log and decision.step == 1:
            return str(trial.suggest_int(decision.name, decision.low, decision.high, log=True))
        return str(trial.suggest_int(decision.name, decision.low, decision.high, step=decision.step))
    if isinstance(decision, Real):
        return decision.write(trial.suggest_float(decision.name, decision.low, decision.high, log=decision.log))
    return str(trial.suggest_categorical(decision.name, list(decision.values())))
