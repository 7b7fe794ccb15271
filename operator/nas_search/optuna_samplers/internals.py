"""What is used of Optuna beyond its documented interface, all in one place; `study` needs nothing else of it.

Optuna keeps the generation of a trial under a key named after the sampler's class, and its samplers read a study's
trials from the storage. ``tests/unit/nas_search/optuna_samplers/`` notices when a release changes either.
"""

from __future__ import annotations

import warnings
from collections.abc import Container, Mapping, Sequence

import optuna
from optuna.samplers import BaseSampler, NSGAIIISampler, NSGAIISampler, TPESampler
from optuna.storages import InMemoryStorage
from optuna.trial import FrozenTrial, TrialState

from nas_core.api.strategy import SamplerName

POPULATION = 50
"""Optuna's default population size, for both of its evolutionary samplers."""

optuna.logging.set_verbosity(optuna.logging.ERROR)
optuna.logging.disable_default_handler()
warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)


def sampler_of(name: SamplerName, seed: int) -> BaseSampler:
    """Return one of Optuna's samplers with its settings there."""
    if name == "nsgaii":
        return NSGAIISampler(population_size=POPULATION, seed=seed)
    if name == "nsgaiii":
        return NSGAIIISampler(population_size=POPULATION, seed=seed)
    # Groups of decisions that apply together; without them conditional decisions are sampled one by one.
    return TPESampler(multivariate=True, group=True, seed=seed) if name == "multivariateTpe" else TPESampler(seed=seed)


def generation_attribute(name: SamplerName, generation: int) -> Mapping[str, int]:
    """Return the system attribute that puts a finished trial into a generation of an evolutionary sampler.

    The other samplers do not look at it.
    """
    sampler = NSGAIIISampler if name == "nsgaiii" else NSGAIISampler
    return {f"{sampler.__name__}:generation": generation}


class HistoryStorage(InMemoryStorage):
    """A study's storage with some trials already in it, before those that are suggested.

    ``Study.add_trial`` would copy and check each of them again at every ask.
    """

    def __init__(self, trials: Sequence[FrozenTrial]) -> None:
        super().__init__()
        self._trials = trials

    def get_all_trials(
        self, study_id: int, deepcopy: bool = True, states: Container[TrialState] | None = None
    ) -> list[FrozenTrial]:
        """Return the given trials, not copied, and then the study's own."""
        trials = [trial for trial in self._trials if states is None or trial.state in states]
        return trials + super().get_all_trials(study_id, deepcopy, states)
