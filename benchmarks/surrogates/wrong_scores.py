"""What zero-cost scores cost a search that results contradict: regret with and without them (`--wrong-scores`).

NAS-Bench-201, CIFAR-10, validation accuracy, one trial at a time. Four kinds of scores: the table's `synflow`; random
ones, which say nothing; those of another cell, the one with the operations exchanged by `EXCHANGED`, whose rank
correlation with the accuracy is 0.05 over all cells while the best by them are worse than random ones; and `synflow`
turned round, by which the best are the worst.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from nas_benchmark.entrants import make
from nas_benchmark.scores import Scores
from nas_benchmark.simulation import search
from nas_benchmark.table import Table, read_table
from nas_core.api.strategy import Objective
from nas_core.api.types import PROXY_PREFIX
from nas_core.history import Scored
from nas_core.spaces.nas_bench_201 import NasBench201
from nas_search.ranking import Floats

ACCURACY, SCORE = "c10_val", PROXY_PREFIX + "synflow"
OBJECTIVE = Objective.model_construct(metric=ACCURACY, goal="maximize")
EXCHANGED = {
    "none": "nor_conv_1x1",
    "skip_connect": "nor_conv_3x3",
    "nor_conv_1x1": "skip_connect",
    "nor_conv_3x3": "avg_pool_3x3",
    "avg_pool_3x3": "none",
}
KINDS = ("synflow", "random", "exchanged", "turned")
STRATEGIES = ("local-search", "regularized-evolution", "bayesian")
QUERIES, CANDIDATES, KEPT = 25, 1000, 3
LITTLE = 0.02
"""Points of regret."""


@dataclass(frozen=True)
class ScoresOfKind(Scores):
    """Scores of one of the `KINDS` instead of the table's."""

    kind: str
    scored: tuple[Scored, ...]
    """The candidates, with the table's scores."""

    def drawn(self, seed: int) -> tuple[Scored, ...]:
        """Return the candidates with the scores of the kind."""
        rng = np.random.default_rng(seed)
        return tuple(Scored(one.candidate, {SCORE: self._score(one, rng)}) for one in self.scored)

    def _score(self, one: Scored, rng: np.random.Generator) -> float:
        if self.kind == "random":
            return float(rng.random())
        if self.kind == "exchanged":
            cell = {edge: EXCHANGED[op] for edge, op in one.candidate.architecture.items()}
            return self.table.metrics[self.table.space.text(cell)][SCORE]
        return -one.metrics[SCORE] if self.kind == "turned" else one.metrics[SCORE]


@cache
def _read(path: Path) -> Table:
    return read_table([path], NasBench201(), [ACCURACY, SCORE], "raw")


def regrets(path: Path, strategy: str, seed: int) -> list[float]:
    """Return how far the best of a search is from the best of the table, in points: without scores, then by `KINDS`."""
    table, found = _read(path), list[float]()
    # Drawing takes longer than a search, and all kinds of scores are those of the same candidates.
    drawn = Scores(table, (SCORE,), CANDIDATES).drawn(seed)
    for kind in ("", *KINDS):
        known = ScoresOfKind(table, (SCORE,), CANDIDATES, kind, drawn) if kind else None
        name = f"{strategy}:keep={KEPT}" if kind else strategy
        run = search(make(name, table.space, [OBJECTIVE], seed, known), table, QUERIES, 1, None)
        found.append(table.best(OBJECTIVE) - max(result[ACCURACY] for result in run.results if result))
    return found


def change(with_scores: Floats, without: Floats) -> str:
    """Write the change of the mean regret in percent, with the 95 % interval of searches of the same seeds.

    In points where there is hardly a regret to compare with.
    """
    mean = without.mean()
    if mean < LITTLE:
        return f"{with_scores.mean() - mean:+.3f} points"
    # Of a ratio of means, to the first order.
    ratio = with_scores.mean() / mean
    half = 1.96 * (with_scores - ratio * without).std(ddof=1) / np.sqrt(len(without)) / mean
    return f"{100 * (ratio - 1):+.0f} % ({100 * (ratio - 1 - half):+.0f} to {100 * (ratio - 1 + half):+.0f})"


def write(
    path: Path, strategies: Sequence[str], seeds: Sequence[int], processes: int, say: Callable[[str], object]
) -> None:
    """Print the mean regret of each strategy with each kind of scores."""
    say(f"| strategy | without scores | {' | '.join(f'{kind}, keep={KEPT}' for kind in KINDS)} |")
    say("|---" * (2 + len(KINDS)) + "|")
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        for strategy in strategies:
            found = np.array(list(pool.map(partial(regrets, path, strategy), seeds))).T
            without, *others = found
            error = without.std(ddof=1) / np.sqrt(len(seeds))
            cells = [f"{each.mean():.3f}, {change(each, without)}" for each in others]
            say(f"| `{strategy}` | {without.mean():.3f} ± {error:.3f} | {' | '.join(cells)} |")
