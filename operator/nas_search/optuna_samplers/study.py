"""The study that an Optuna sampler sees, made anew from the history for each candidate.

A result is a finished trial, one without a value of every objective a failed one, a pending candidate a running one;
the violation of the constraints is the trial's constraint. Of a long history the study has the last results and the
best before them. Evolutionary samplers take parents from the generation before, so results are counted into
generations in the order of recording.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

import numpy as np
import optuna
from numpy.typing import NDArray
from optuna.trial import FrozenTrial, TrialState

from nas_core.api.strategy import SamplerName
from nas_core.api.trial import CandidateSpec
from nas_core.history import Observation, Pending
from nas_core.objectives import violation
from nas_search.optuna_samplers.distributions import ParameterSpace
from nas_search.optuna_samplers.internals import POPULATION, HistoryStorage, generation_attribute, sampler_of
from nas_search.problem import Problem
from nas_search.ranking import is_valid
from nas_search.results_matrix import ResultsMatrix

LATEST = 20 * POPULATION
"""Last results that a study has at least, so that an ask takes no longer late in a search than early."""
BEST = POPULATION
"""Best results before the last ones that a study has as well."""
FIRST_FINISHED = 1_000
"""Number of the first finished trial: Optuna numbers the suggestions of this ask from 0."""
FIRST_RUNNING = 10**9
"""Number of the first running trial, above that of any finished one."""
SOME_TIME = datetime(2000, 1, 1)
"""When every trial began and ended: Optuna asks for it and makes no use of it."""


class SamplerStudy:
    """Keeps the trials that it has made, since most of a history was there at the last ask."""

    def __init__(self, problem: Problem, sampler: SamplerName) -> None:
        self._problem, self._name = problem, sampler
        self._parameters = ParameterSpace(problem.space)
        self._known: dict[int, tuple[Observation, int, FrozenTrial]] = {}

    def suggestions(self, results: ResultsMatrix, pending: Sequence[Pending], seed: int) -> Iterator[dict[str, str]]:
        """Yield what the sampler suggests after some results, each suggestion running while the next is made."""
        sampler = sampler_of(self._name, seed)
        rng = np.random.default_rng(seed)
        directions = [objective.goal for objective in self._problem.objectives]
        storage = HistoryStorage([*self._finished(results), *map(self._running, pending)])
        study = optuna.create_study(storage=storage, sampler=sampler, directions=directions)
        while True:
            yield self._parameters.suggest(study.ask(), rng)

    def _finished(self, results: ResultsMatrix) -> list[FrozenTrial]:
        known, self._known = self._known, {}
        for result, generation in _chosen(results):
            before = known.get(result.sequence)
            # The same sequence number may be another result in another history, or lie in another generation.
            if before is None or before[1] != generation or before[0] != result:
                before = result, generation, self._trial(result, generation)
            self._known[result.sequence] = before
        return [trial for _, _, trial in self._known.values()]

    def _trial(self, result: Observation, generation: int) -> FrozenTrial:
        number = FIRST_FINISHED + result.sequence
        if not is_valid(result, self._problem.objectives):
            return self._frozen(number, result.candidate, TrialState.FAIL)
        metrics = result.metrics or {}
        values = [metrics[objective.metric] for objective in self._problem.objectives]
        attributes = generation_attribute(self._name, generation)
        trial = self._frozen(number, result.candidate, TrialState.COMPLETE, values, attributes)
        if self._problem.constraints:
            trial.set_constraint("violation", violation(metrics, self._problem.constraints))
        return trial

    def _running(self, pending: Pending) -> FrozenTrial:
        return self._frozen(FIRST_RUNNING + pending.index, pending.candidate, TrialState.RUNNING)

    def _frozen(
        self,
        number: int,
        candidate: CandidateSpec,
        state: TrialState,
        values: Sequence[float] | None = None,
        attributes: Mapping[str, int] = MappingProxyType({}),
    ) -> FrozenTrial:
        decided = self._problem.space.join(candidate.architecture, candidate.hyperparameters)
        params, distributions = self._parameters.to_optuna(decided)
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


def _chosen(results: ResultsMatrix) -> Iterator[tuple[Observation, int]]:
    """Yield the results that the study has, each with its generation: a population of valid results makes one."""
    generations = _generations(results)
    if len(generations) <= LATEST:
        yield from zip(results.observations, generations.tolist(), strict=True)
        return
    # A first generation made of the best before, then whole generations up to the last result.
    begin = int(np.searchsorted(generations, generations[-LATEST]))
    best = list(itertools.islice(itertools.chain.from_iterable(results.by_merit(BEST, before=begin)), BEST))
    yield from ((result, 0) for result in best)
    later = generations[begin:] - generations[begin] + bool(best)
    yield from zip(results.observations[begin:], later.tolist(), strict=True)


def _generations(results: ResultsMatrix) -> NDArray[np.intp]:
    """Return the generation of each result, from 0, shape (results,); failed ones count to the generation around."""
    valid = np.zeros(len(results.observations), dtype=np.intp)
    valid[results.valid] = 1
    return np.asarray((np.cumsum(valid) - valid) // POPULATION)
