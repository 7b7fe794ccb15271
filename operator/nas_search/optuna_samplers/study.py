"""What an Optuna sampler is told: a study that is made anew of the history for each candidate.

Results become finished trials, those without a value of every objective failed ones, what is pending runs, and how far
the constraints are broken is the trials' constraint. Trials are made once, and a storage hands them out without Optuna
copying each. Of a long history a sampler is told the last results and the best before them. Evolutions take parents
from the generation before; results are counted into generations in the order of recording.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Container, Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

import numpy as np
import optuna
from optuna.samplers import BaseSampler, NSGAIIISampler, NSGAIISampler, TPESampler
from optuna.storages import InMemoryStorage
from optuna.trial import FrozenTrial, TrialState

from nas_core.api.strategy import SamplerName
from nas_core.api.trial import CandidateSpec
from nas_core.history import Observation, Pending
from nas_core.objectives import violation
from nas_search.optuna_samplers.distributions import ParameterSpace
from nas_search.problem import Problem
from nas_search.ranking import is_valid
from nas_search.results_matrix import ResultsMatrix

GENERATION = 50
"""Optuna's population size."""
LATEST = 20 * GENERATION
"""Results that a sampler is told at least, the last ones; of those before only …"""
BEST = GENERATION
"""… so many of the best."""
FIRST = 1_000
"""Number of the first trial that is told; those below are suggestions."""
RUNNING = 10**9
"""Number of the first trial that runs."""
SOME_TIME = datetime(2000, 1, 1)
"""Optuna wants to know when a trial began and ended, and makes no use of it."""

optuna.logging.set_verbosity(optuna.logging.ERROR)
optuna.logging.disable_default_handler()
warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)


class SamplerStudy:
    """The history as Optuna's trials."""

    def __init__(self, problem: Problem, sampler: SamplerName) -> None:
        self._problem, self._name = problem, sampler
        self._parameters = ParameterSpace(problem.space)
        self._known: dict[int, tuple[Observation, int, FrozenTrial]] = {}

    def suggestions(self, results: ResultsMatrix, pending: Sequence[Pending], seed: int) -> Iterator[dict[str, str]]:
        """Yield what the sampler suggests after some results, each suggestion running while the next is made."""
        sampler = _sampler(self._name, seed)
        rng = np.random.default_rng(seed)
        directions = [objective.goal for objective in self._problem.objectives]
        storage = _Storage([*self._finished(results), *map(self._running, pending)])
        study = optuna.create_study(storage=storage, sampler=sampler, directions=directions)
        while True:
            yield self._parameters.suggest(study.ask(), rng)

    def _finished(self, results: ResultsMatrix) -> list[FrozenTrial]:
        valid = np.zeros(len(results.observations), dtype=np.intp)
        valid[results.valid] = 1
        # So many valid results make a generation.
        generations = (np.cumsum(valid) - valid) // GENERATION
        told: list[tuple[Observation, int]] = []
        begin = 0
        if len(generations) > LATEST:
            # Whole generations, after one that is made of the best.
            begin = int(np.searchsorted(generations, generations[-LATEST]))
            best = itertools.chain.from_iterable(results.by_merit(BEST, before=begin))
            told = [(one, 0) for one in itertools.islice(best, BEST)]
        first = 1 if told else 0
        numbers = (generations[begin:] - generations[begin] + first).tolist() if len(generations) else []
        told += zip(results.observations[begin:], numbers, strict=True)
        known, self._known = self._known, {}
        for one, generation in told:
            seen = known.get(one.sequence)
            if seen is None or seen[1] != generation or seen[0] != one:
                seen = one, generation, self._trial(one, generation)
            self._known[one.sequence] = seen
        return [trial for _, _, trial in self._known.values()]

    def _trial(self, one: Observation, generation: int) -> FrozenTrial:
        number = FIRST + one.sequence
        if not is_valid(one, self._problem.objectives):
            return self._frozen(number, one.candidate, TrialState.FAIL)
        metrics = one.metrics or {}
        values = [metrics[objective.metric] for objective in self._problem.objectives]
        trial = self._frozen(number, one.candidate, TrialState.COMPLETE, values, {_generation(self._name): generation})
        if self._problem.constraints:
            trial.set_constraint("violation", violation(one.metrics, self._problem.constraints))
        return trial

    def _running(self, one: Pending) -> FrozenTrial:
        return self._frozen(RUNNING + one.index, one.candidate, TrialState.RUNNING)

    def _frozen(
        self,
        number: int,
        candidate: CandidateSpec,
        state: TrialState,
        values: Sequence[float] | None = None,
        attributes: Mapping[str, int] = MappingProxyType({}),
    ) -> FrozenTrial:
        params, distributions = self._parameters.to_optuna(
            self._problem.space.join(candidate.architecture, candidate.hyperparameters)
        )
        return FrozenTrial(
            number=number,
            trial_id=number,
            state=state,
            value=None,
            values=values,
            datetime_start=SOME_TIME,
            datetime_complete=SOME_TIME if state.is_finished() else None,
            params=params,
            distributions=distributions,
            user_attrs={},
            system_attrs=dict(attributes),
            intermediate_values={},
        )


class _Storage(InMemoryStorage):
    """Has the trials that are told before those that are suggested."""

    def __init__(self, told: Sequence[FrozenTrial]) -> None:
        super().__init__()
        self._told = told

    def get_all_trials(
        self, study_id: int, deepcopy: bool = True, states: Container[TrialState] | None = None
    ) -> list[FrozenTrial]:
        told = [trial for trial in self._told if states is None or trial.state in states]
        return told + super().get_all_trials(study_id, deepcopy, states)


def _sampler(name: SamplerName, seed: int) -> BaseSampler:
    if name == "nsgaii":
        return NSGAIISampler(population_size=GENERATION, seed=seed)
    if name == "nsgaiii":
        return NSGAIIISampler(population_size=GENERATION, seed=seed)
    # Groups of decisions that apply together; without them conditional ones are sampled each by itself.
    return TPESampler(multivariate=True, group=True, seed=seed) if name == "multivariateTpe" else TPESampler(seed=seed)


def _generation(name: SamplerName) -> str:
    """Return where Optuna keeps the generation of a trial."""
    return f"{'NSGAIIISampler' if name == 'nsgaiii' else 'NSGAIISampler'}:generation"
