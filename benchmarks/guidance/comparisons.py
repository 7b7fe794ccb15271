"""How near the first of a front comes to what somebody wants, after a few comparisons: on Pareto fronts of tables.

Somebody has a hidden utility: a weighted sum of losses, the greatest weighted loss, a product, or the first objective
within a limit on another one. They compare two architectures at a time, and err as people do. The regret is the hidden
utility that the first of the order lacks, as a share of what lies between the best and the worst point of the front.
"""

from __future__ import annotations

import argparse
import csv
import gzip
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from nas_core.api.strategy import Objective
from nas_core.utility import learn_utility
from nas_search.ranking import Floats, non_dominated, preference

TABLES: Mapping[str, tuple[str, Mapping[str, int]]] = {
    "nb201": ("nb201/cifar10.csv.gz", {"c10_val": -1, "params_M": 1, "c10_gpu_lat_s": 1}),
    "macro": ("nas_bench_macro/cifar10.csv.gz", {"test_acc_mean": -1, "params": 1, "flops": 1}),
    "fcnet": ("fcnet/protein_structure.csv.gz", {"val_mse_s0": 1, "params": 1, "train_s_mean": 1}),
}
"""File, and columns with the sign that makes less better. Settings were chosen on the first one."""
FOUND = 150
"""Architectures that a search has tried: random ones of the table."""
CONSISTENT = 20.0
"""Slope of the logistic function by which somebody prefers: of a twentieth of the span they are 73 % sure."""
UTILITIES = ("sum", "greatest", "product", "limit")
Utility = Callable[[Floats], Floats]


def hidden(kind: str, objectives: int, rng: np.random.Generator) -> Utility:
    """Return a utility of losses (n, objectives), each from 0 to 1."""
    weights = rng.dirichlet(np.ones(objectives))
    limit, other = rng.uniform(0.2, 0.8), int(rng.integers(1, objectives))
    return {
        "sum": lambda losses: -losses @ weights,
        "greatest": lambda losses: -(weights * losses).max(axis=1) / weights.max() - 0.01 * losses @ weights,
        "product": lambda losses: np.prod((1 - 0.9 * losses) ** weights, axis=1),
        "limit": lambda losses: -losses[:, 0] - 5 * np.maximum(0, losses[:, other] - limit),
    }[kind]


def front_of(path: Path, columns: Mapping[str, int], objectives: int, seed: int) -> Floats:
    """Return the costs of the front of random rows of a table, shape (n, objectives)."""
    if path not in _READ:
        with gzip.open(path, "rt") as file:
            rows = csv.DictReader(file)
            _READ[path] = np.array([[sign * float(row[name]) for name, sign in columns.items()] for row in rows])
    table = _READ[path][:, :objectives]
    drawn = table[np.random.default_rng(seed).choice(len(table), FOUND, replace=False)]
    found: Floats = np.unique(drawn[non_dominated(drawn)], axis=0)
    return found


_READ: dict[Path, Floats] = {}


def regrets(front: Floats, kind: str, seed: int, most: int, *, proposed: bool) -> list[float]:
    """Return the regret of the first objective's order, of equal weights, and after each of ``most`` comparisons."""
    rng = np.random.default_rng([seed, 1])
    losses = (front - front.min(axis=0)) / np.ptp(front, axis=0)
    utility = hidden(kind, front.shape[1], rng)(losses)
    lost = 1 - (utility - utility.min()) / np.ptp(utility)
    alike = preference(front, [Objective(metric=f"m{place}", weight="1") for place in range(front.shape[1])])
    assert alike is not None
    found = [lost[int(np.argmin(front[:, 0]))], lost[int(np.argmin(alike))]]
    pairs: list[tuple[int, int]] = []
    learnt = learn_utility(front, front[:0], front[:0])
    for _ in range(most):
        asked = learnt.to_compare(front, pairs) if proposed else rng.choice(len(front), 2, replace=False).tolist()
        if asked is None:
            break
        a, b = asked
        pairs.append((a, b) if rng.random() < 1 / (1 + np.exp(CONSISTENT * (lost[a] - lost[b]))) else (b, a))
        learnt = learn_utility(front, front[[a for a, _ in pairs]], front[[b for _, b in pairs]])
        found.append(lost[int(np.argmax(learnt.of(front)))])
    return found + found[-1:] * (most + 2 - len(found))


def main() -> None:
    """Print a row for each table, number of objectives and utility."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the tables")
    parser.add_argument("--tables", default=",".join(TABLES))
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--after", default="3,5,10", help="numbers of comparisons")
    parser.add_argument("--random-pairs", action="store_true", help="in place of those that are proposed")
    asked = parser.parse_args()
    after = [int(number) for number in asked.after.split(",")]
    print("| table | objectives | points | utility | first objective | equal weights |", *(f"{n} |" for n in after))
    for name in asked.tables.split(","):
        file, columns = TABLES[name]
        for objectives in (2, 3):
            seeds = range(asked.first_seed, asked.first_seed + asked.seeds)
            drawn = [front_of(asked.data / file, columns, objectives, seed) for seed in seeds]
            for kind in UTILITIES:
                each = [
                    regrets(front, kind, seed, max(after), proposed=not asked.random_pairs)
                    for front, seed in zip(drawn, seeds, strict=True)
                ]
                found = np.array(each)[:, [0, 1, *(number + 1 for number in after)]]
                chosen = np.random.default_rng(0).integers(len(found), size=(2000, len(found)))
                low, high = np.quantile(found[chosen].mean(axis=1), [0.025, 0.975], axis=0)
                cells = [
                    f"{m:.3f} ({a:.3f} to {b:.3f}) |" for m, a, b in zip(found.mean(axis=0), low, high, strict=True)
                ]
                points = np.mean([len(front) for front in drawn])
                print(f"| {name} | {objectives} | {points:.0f} | {kind} |", *cells, flush=True)


if __name__ == "__main__":
    main()
