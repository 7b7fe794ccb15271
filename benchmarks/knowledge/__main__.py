"""Leave one out: each data set is searched with what searches of the others have left, and without; the table of docs.

Beside it are Syne Tune's methods for the same, where it is installed (`make build/peers`). The default number of
nearest ones was looked at on four data sets of HPOBench; the other four and those of FCNet are what it is judged by.
Intervals are of resampled data sets and seeds: data sets are few, and differ more than seeds do.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.knowledge.searches import ARMS, QUERIES, run
from benchmarks.knowledge.tasks import CHOSEN_ON, FAMILIES
from nas_search.ranking import Floats

AT = (5, 10, QUERIES)
BESIDE = "nearest 3"
"""What is compared with the others, the default."""
HEADER = (
    "begins with",
    *(f"mean rank @{at}" for at in AT),
    *(f"regret @{at}" for at in AT),
    *(f"more than {BESIDE} @{at}" for at in AT),
)
RESAMPLED = 10_000
Way = Callable[[str, str, int], list[float]]
"""Gives the regret after each query, of a family, a task of it and a seed."""
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


def rows(regret: Mapping[str, Floats]) -> list[str]:
    """Return the lines of the table, of the regret (data sets, seeds, queries) of each arm."""
    every = np.array([*regret.values()])
    places = np.stack([ranks(every[..., at - 1]).mean((1, 2)) for at in AT], axis=1)
    lines = []
    for (name, own), place in zip(regret.items(), places, strict=True):
        cells = [name, *(f"{one:.2f}" for one in place), *(f"{own[..., at - 1].mean():.3f}" for at in AT)]
        for at in AT:
            more = own[..., at - 1] - regret[BESIDE][..., at - 1]
            cells.append("" if name == BESIDE else "{:.3f} ({:.3f} to {:.3f})".format(more.mean(), *interval(more)))
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def entrants() -> dict[str, Way]:
    """Return what is compared, by name; of Syne Tune only where it is installed."""
    ways: dict[str, Way] = {arm: partial(run, arm=arm) for arm in ARMS}
    if importlib.util.find_spec("syne_tune") is None:
        print("Syne Tune is not installed, so it is left out: make build/peers installs it beside this project")
        return ways
    peers = importlib.import_module("benchmarks.knowledge.syne_tune_peers")
    return ways | {f"Syne Tune {arm}": partial(peers.run, arm=arm) for arm in peers.ARMS}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="benchmarks.knowledge", description=__doc__)
    parser.add_argument("--parts", default=",".join(PARTS))
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--results", type=Path, help="file for the regret of every search, as JSON")
    given = parser.parse_args(arguments)
    seeds = range(given.first_seed, given.first_seed + given.seeds)
    ways, found = entrants(), {}
    for part in given.parts.split(","):
        # (data sets, seeds, queries)
        regret = {
            name: np.array([[way(*task, seed) for seed in seeds] for task in PARTS[part]]) for name, way in ways.items()
        }
        found[part] = {name: values.tolist() for name, values in regret.items()}
        print(f"\n{part}: {', '.join(name for _, name in PARTS[part])}; {given.seeds} seeds\n")
        print("\n".join([f"| {' | '.join(HEADER)} |", "|---" * len(HEADER) + "|", *rows(regret)]), flush=True)
        if given.results:
            given.results.write_text(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
