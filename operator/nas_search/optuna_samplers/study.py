"""What an Optuna sampler is told: a study that is made anew of the history for each candidate.

Results become finished trials, those without a value of every objective failed ones, what is pending runs, and how far
the constraints are broken is the trials' constraint. Trials are made once, and a storage hands them out without Optuna
copying each. Of a long history a sampler is told the last results and the best before them. Evolutions take parents
from the generation before; results are counted into generations in the order of recording.
"""

from __future__ import annotations

import warnings
from collections.abc import Container, Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

import numpy as np
import optuna
from optuna.samplers import BaseSampler, NSGAIIISampler, NSGAIISampler, TPESampler
from optuna.storages import InMemoryStorage
from optuna.trial import FrozenTrial, TrialState

from nas_core.api.strategy import Constraint, Objective, SamplerName
from nas_core.api.trial import CandidateSpec
from nas_core.spaces import SearchSpace
from nas_search.history import History, Observation
from nas_search.optuna_samplers.words import Words
from nas_search.ranking import by_merit, is_valid, violation

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


class Told:
    """The history as Optuna's trials."""

    def __init__(
        self,
        space: SearchSpace,
        objectives: Sequence[Objective],
        constraints: Sequence[Constraint],
        sampler: SamplerName,
    ) -> None:
        self._space, self._objectives, self._constraints, self._name = space, objectives, constraints, sampler
        self._words = Words(space)
        self._known: dict[int, tuple[Observation, int, FrozenTrial]] = {}

    def suggestions(self, history: History, seed: int) -> Iterator[dict[str, str]]:
        """Yield what the sampler suggests after a history, each suggestion running while the next is made."""
        sampler = _sampler(self._name, seed)
        rng = np.random.default_rng(seed)
        directions = [objective.goal for objective in self._objectives]
        study = optuna.create_study(storage=_Storage(self._trials(history)), sampler=sampler, directions=directions)
        while True:
            yield self._words.suggested(study.ask(), rng)

    def _trials(self, history: History) -> list[FrozenTrial]:
        numbered = list(_in_generations(history.observations, self._objectives))
        trials: list[FrozenTrial] = []
        oldest = 0
        if len(numbered) > LATEST:
            # Whole generations, after one that is made of the best.
            oldest = numbered[-LATEST][1]
            before = [one for one, generation in numbered if generation < oldest and is_valid(one, self._objectives)]
            for group in by_merit(before, self._objectives, self._constraints, BEST):
                trials += [self._trial(one, 0) for one in group[: BEST - len(trials)]]
        first = 1 if trials else 0
        trials += [self._trial(one, first + number - oldest) for one, number in numbered if number >= oldest]
        running = (self._frozen(RUNNING + p.index, p.candidate, TrialState.RUNNING) for p in history.pending)
        return [*trials, *running]

    def _trial(self, one: Observation, generation: int) -> FrozenTrial:
        seen, before, trial = self._known.get(one.sequence, (None, None, None))
        if trial is None or before != generation or seen != one:
            trial = self._finished(one, generation)
            self._known[one.sequence] = one, generation, trial
        return trial

    def _finished(self, one: Observation, generation: int) -> FrozenTrial:
        number = FIRST + one.sequence
        if not is_valid(one, self._objectives):
            return self._frozen(number, one.candidate, TrialState.FAIL)
        metrics = one.metrics or {}
        values = [metrics[objective.metric] for objective in self._objectives]
        trial = self._frozen(number, one.candidate, TrialState.COMPLETE, values, {_generation(self._name): generation})
        if self._constraints:
            trial.set_constraint("violation", violation(one, self._constraints))
        return trial

    def _frozen(
        self,
        number: int,
        candidate: CandidateSpec,
        state: TrialState,
        values: Sequence[float] | None = None,
        attributes: Mapping[str, int] = MappingProxyType({}),
    ) -> FrozenTrial:
        params, distributions = self._words.told(self._space.join(candidate.architecture, candidate.hyperparameters))
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


def _in_generations(
    observations: Sequence[Observation], objectives: Sequence[Objective]
) -> Iterator[tuple[Observation, int]]:
    """Yield results with the number of their generation: so many valid ones make one."""
    valid = 0
    for one in observations:
        yield one, valid // GENERATION
        valid += is_valid(one, objectives)
