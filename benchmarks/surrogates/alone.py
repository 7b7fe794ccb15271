"""What a search by a surrogate alone reaches, whose best are then trained, against as many full trainings.

NAS-Bench-201, CIFAR-10, validation accuracy, mean of the seeds. A search has the results of some random cells,
evolution tries candidates that only the predictor evaluates, and the best of these are looked up: that is what
retraining them would give. Rivals spend as many full trainings in all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from scipy.stats import t as student

from nas_core.api.strategy import Objective
from nas_core.api.trial import CandidateSpec
from nas_core.history import Earlier, Observation, Scored
from nas_core.spaces.nas_bench_201 import NasBench201
from nas_search import Problem, Strategy
from nas_search.bayesian import Bayesian
from nas_search.predicted import Predicted, Prediction
from nas_search.random_search import RandomSearch
from nas_search.ranking import best_distinct
from nas_search.regularized_evolution import RegularizedEvolution
from nas_search.strategy import candidate_of
from nas_search.surrogate_evaluation import SurrogateEvaluation
from nas_search.testing.simulation import simulate

EARLIER, CANDIDATES, TOP = 100, 500, 5
"""Earlier results, candidates that are predicted, and how many of them are trained."""
METRIC = "val_accuracy"
Accuracy = Mapping[str, float]
"""In per cent, by the id of a cell."""


class Regrets:
    """How far the best network that a search has trained is from the best there is, in points, by its way."""

    def __init__(self, accuracy: Accuracy) -> None:
        self._space, self._accuracy, self._best = NasBench201(), accuracy, max(accuracy.values())
        self._problem = Problem(self._space, [Objective(metric=METRIC)])

    def of(self, seed: int) -> dict[str, float]:
        """Return the regret of each way with a seed."""
        rng = np.random.default_rng(seed)
        drawn = [candidate_of(self._space, self._space.sample(rng), "Random") for _ in range(EARLIER)]
        earlier = Earlier("earlier", tuple(Scored(one, self._look_up(one)) for one in drawn))
        known = max(one.metrics[METRIC] for one in earlier.results)
        found = {f"the {EARLIER} random cells alone": self._best - known}
        surrogate = SurrogateEvaluation(self._space, self._problem.objectives, [], "gaussianProcess", [earlier])
        evolution = RegularizedEvolution(self._problem, seed, 50, 10)
        tried = simulate(evolution, lambda one: surrogate.evaluate([one])[0], CANDIDATES, 1, seed)
        seen = [Observation(d.index, d.sequence or 0, d.candidate, d.metrics) for d in tried]
        top = best_distinct(seen, self._problem.objectives, [], TOP)
        reached = max(self._look_up(one.candidate)[METRIC] for one in top)
        found[f"these, and {TOP} found by `evaluation.surrogate`"] = self._best - max(known, reached)
        rivals: dict[str, Strategy] = {
            "`random`": RandomSearch(self._problem, seed),
            "`regularizedEvolution`": RegularizedEvolution(self._problem, seed, 50, 10),
            "`regularizedEvolution` with the predictor": Predicted(
                RegularizedEvolution(self._problem, seed, 50, 10), Prediction("gaussianProcess", 20, 50)
            ),
            "`bayesian`": Bayesian(self._problem, seed, 10),
        }
        for name, strategy in rivals.items():
            done = simulate(strategy, self._look_up, EARLIER + TOP, 1, seed)
            found[f"{name}, all {EARLIER + TOP} trained"] = self._best - max((d.metrics or {})[METRIC] for d in done)
        return found

    def _look_up(self, candidate: CandidateSpec) -> Mapping[str, float]:
        return {METRIC: self._accuracy[candidate.id]}


def write(table: Path, read: Callable[[Path], Accuracy], seeds: int, first: int, say: Callable[[str], object]) -> None:
    """Print the mean regret of each way, with its 95 % interval, and how often the best network was found."""
    regrets = Regrets(read(table))
    found = [regrets.of(seed) for seed in range(first, first + seeds)]
    say("| trained | regret in points | within 0.1 points of the best |")
    say("|---|---|---|")
    for name in found[0]:
        values = np.array([one[name] for one in found])
        half = float(student.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values)))
        say(f"| {name} | {values.mean():.2f} ± {half:.2f} | {int((values <= 0.1).sum())} of {seeds} |")
