"""Leave one out: each data set is searched with what searches of the others have left, and without; the table of docs.

The default number of nearest ones was looked at on four data sets of HPOBench; the other four and those of FCNet are
what it is judged by.
Intervals are of resampled data sets and seeds: data sets are few, and differ more than seeds do.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.knowledge.searches import ARMS, QUERIES, run
from benchmarks.knowledge.tasks import CHOSEN_ON, FAMILIES
from nas_search.ranking import Floats

AT = (5, 10, QUERIES)
HEADER = ("begins with", *(f"regret @{at}" for at in AT), *(f"less than none @{at}" for at in AT), f"rank @{AT[1]}")
RESAMPLED = 10_000
PARTS = {
    "chosen": [("hpobench", task) for task in CHOSEN_ON],
    "judged": [("hpobench", task) for task in FAMILIES["hpobench"].data if task not in CHOSEN_ON],
    "fcnet": [("fcnet", task) for task in FAMILIES["fcnet"].data],
}


def interval(values: Floats) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of a mean of values (data sets, seeds), of both resampled."""
    rng = np.random.default_rng(0)
    tasks = rng.integers(values.shape[0], size=(RESAMPLED, values.shape[0], 1))
    seeds = rng.integers(values.shape[1], size=(RESAMPLED, values.shape[0], values.shape[1]))
    low, high = np.quantile(values[tasks, seeds].mean((1, 2)), (0.025, 0.975))
    return float(low), float(high)


def ranks(values: Floats) -> Floats:
    """Return the ranks of values (arms, …) among the arms, from 1; equal ones share the mean of theirs."""
    less = (values[None] < values[:, None]).sum(1)
    same = (values[None] == values[:, None]).sum(1)
    return np.asarray(less + (same + 1) / 2)


def rows(regret: Floats) -> list[str]:
    """Return the lines of the table, of regret (arms, data sets, seeds, queries)."""
    places = ranks(regret[..., AT[1] - 1]).mean((1, 2))
    lines = []
    for name, own, place in zip(ARMS, regret, places, strict=True):
        cells = [name, *(f"{own[..., at - 1].mean():.3f}" for at in AT)]
        for at in AT:
            less = regret[0][..., at - 1] - own[..., at - 1]
            cells.append("" if name == ARMS[0] else "{:.3f} ({:.3f} to {:.3f})".format(less.mean(), *interval(less)))
        lines.append(f"| {' | '.join([*cells, f'{place:.2f}'])} |")
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="benchmarks.knowledge", description=__doc__)
    parser.add_argument("--parts", default=",".join(PARTS))
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--results", type=Path, help="file for the regret of every search, as JSON")
    given = parser.parse_args(arguments)
    seeds = range(given.first_seed, given.first_seed + given.seeds)
    found = {}
    for part in given.parts.split(","):
        # (arms, data sets, seeds, queries)
        regret = np.array([[[run(*task, seed, arm) for seed in seeds] for task in PARTS[part]] for arm in ARMS])
        found[part] = regret.tolist()
        print(f"\n{part}: {', '.join(name for _, name in PARTS[part])}; {given.seeds} seeds\n")
        print("\n".join([f"| {' | '.join(HEADER)} |", "|---" * len(HEADER) + "|", *rows(regret)]), flush=True)
        if given.results:
            given.results.write_text(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
