"""Kendall's tau of predicted and true accuracy over all 15,625 cells of NAS-Bench-201, from a few trained ones.

CIFAR-10, validation accuracy, mean of the seeds. Each draw is other trained cells. With scores every cell has its
`synflow` (the table of the trial image has it), the quantile of its rank among all. The settings of predictors were
chosen on the draws below `FIRST_DRAW`; the numbers are from the others.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.stats import kendalltau
from scipy.stats import t as student

from benchmarks.surrogates import alone, wrong_scores
from nas_core.spaces import SearchSpace
from nas_core.spaces.nas_bench_201 import NasBench201
from nas_search.predictors.features import Features
from nas_search.predictors.held_out import WIDTH, fit_checked
from nas_search.predictors.kinds import PREDICTORS
from nas_search.predictors.warp import by_rank, by_rank_and_value
from nas_search.ranking import Floats

TABLE = Path(__file__).parents[2] / "trial_image/nas_trial/lookup/tables/nas-bench-201-cifar10.csv.gz"
FIRST_DRAW = 1000
EDGES_ALONE = "gaussianProcess, a feature an edge"
"""As it was before it knew paths."""


class Cells(NamedTuple):
    """The table: features of the cells, with and without those of paths, their accuracy and scores."""

    paths: Features
    edges: Features
    rows: Mapping[str, Floats]
    accuracy: Floats
    scores: Floats


class Judged(NamedTuple):
    """What one draw gave."""

    tau: float
    held: float
    """Share of the results that were not drawn within the 90 % interval of their prediction."""


def read() -> Cells:
    """Read the table and encode its cells."""
    space = NasBench201()
    plain = SearchSpace("edges", space.decisions)
    with gzip.open(TABLE, "rt", newline="") as file:
        lines = list(csv.DictReader(file))
    cells = [space.parse(line["arch_str"]) for line in lines]
    paths, edges = Features(space), Features(plain)
    accuracy = np.array([float(line["c10_val"]) for line in lines])
    scores = by_rank(np.array([float(line["proxy_synflow"]) for line in lines]))
    return Cells(paths, edges, {"paths": paths.rows(cells), "edges": edges.rows(cells)}, accuracy, scores)


def accuracies(table: Path) -> dict[str, float]:
    """Return the accuracy of each cell by its id; of cells that are the same network the mean."""
    space = NasBench201()
    with gzip.open(table, "rt", newline="") as file:
        lines = [
            (space.canonical_id(space.parse(line["arch_str"])), float(line["c10_val"])) for line in csv.DictReader(file)
        ]
    found: dict[str, list[float]] = {}
    for identity, accuracy in lines:
        found.setdefault(identity, []).append(accuracy)
    return {identity: float(np.mean(values)) for identity, values in found.items()}


def judge(cells: Cells, name: str, count: int, draw: int, *, scored: bool) -> Judged:
    """Fit a predictor to some cells and rank all of them."""
    kind, features = ("gaussianProcess", cells.edges) if name == EDGES_ALONE else (name, cells.paths)
    rows = cells.rows["edges" if name == EDGES_ALONE else "paths"]
    rows = np.hstack([rows, cells.scores[:, None]]) if scored else rows
    order = np.random.default_rng(draw).permutation(len(rows))
    used, others = order[:count], order[count:]
    warped = by_rank_and_value(cells.accuracy[used])
    predictor = PREDICTORS[kind](features.owners, int(scored))
    mean, deviation = fit_checked(predictor, rows[used], warped).predict(rows)
    tau = float(kendalltau(mean, cells.accuracy).statistic)
    # The scale of the warp is known at the accuracies of those that were drawn; between them it is taken as linear.
    by_accuracy = np.argsort(cells.accuracy[used])
    true = np.interp(cells.accuracy[others], cells.accuracy[used][by_accuracy], warped[by_accuracy])
    held = np.abs(mean[others] - true) <= WIDTH * deviation[others]
    return Judged(tau, float(held.mean()))


def interval(values: Floats) -> str:
    """Write a mean with its 95 % interval."""
    half = float(student.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values)))
    return f"{values.mean():.3f} ({values.mean() - half:.3f} to {values.mean() + half:.3f})"


def main(say: Callable[[str], object] = print) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trained", type=int, nargs="+", default=[78, 156, 469])
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--first-draw", type=int, default=FIRST_DRAW)
    parser.add_argument("--wrong-scores", type=int, metavar="SEEDS", help="measure what scores cost instead")
    parser.add_argument("--alone", type=int, metavar="SEEDS", help="measure searches by a surrogate alone instead")
    parser.add_argument("--strategies", nargs="+", default=wrong_scores.STRATEGIES, help="of --wrong-scores")
    options = parser.parse_args()
    if options.wrong_scores:
        wrong_scores.write(TABLE, options.strategies, range(options.wrong_scores), 2, say)
        return 0
    if options.alone:
        alone.write(TABLE, accuracies, options.alone, options.first_draw, say)
        return 0
    cells = read()
    say("| predictor | scores | " + " | ".join(f"tau @{n}" for n in options.trained) + " | within 90 % intervals |")
    say("|---" * (3 + len(options.trained)) + "|")
    for name in (EDGES_ALONE, *PREDICTORS):
        for scored in (False, True):
            taus, held = [], []
            for count in options.trained:
                draws = range(options.first_draw, options.first_draw + options.draws)
                found = [judge(cells, name, count, draw, scored=scored) for draw in draws]
                taus.append(interval(np.array([one.tau for one in found])))
                held.append(f"{np.mean([one.held for one in found]):.2f}")
            say(f"| {name} | {'synflow' if scored else 'none'} | {' | '.join(taus)} | {', '.join(held)} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
