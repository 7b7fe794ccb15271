"""What preferred values (`spec.guidance`) save when they are right and cost when they are not: queries, on tables.

A search ends when it has found one of the best architectures of a table. Preferred are all values of the best one
(right), those of half of its decisions (half), or all values of a random architecture (useless).
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from nas_benchmark.spaces import read_space
from nas_benchmark.table import Table, read_table
from nas_core.api.guidance import Guidance
from nas_core.api.strategy import Objective, StrategySpec
from nas_core.history import History, Observation
from nas_core.spaces import Architecture
from nas_search import Problem, create_strategy

SPACES = Path(__file__).parents[1] / "strategies"
TABLES: Mapping[str, tuple[str, str, str, bool, str | None]] = {
    "nb201": ("nas-bench-201", "nb201/cifar10.csv.gz", "c10_val", True, None),
    "macro": (str(SPACES / "nas_bench_macro.yaml"), "nas_bench_macro/cifar10.csv.gz", "test_acc_mean", True, "arch"),
    "fcnet": (str(SPACES / "fcnet.yaml"), "fcnet/protein_structure.csv.gz", "val_mse_s*", False, "config"),
}
"""Space, file, column, whether more is better, and the column of digits. Settings were chosen on the first one."""
GOOD = 0.0005
"""Share of a table's architectures that a search looks for."""
PREFERENCES = ("none", "right", "half", "useless")


def guidance(kind: str, table: Table, best: Architecture, seed: int) -> Guidance | None:
    """Return what is preferred; the seed draws what is random of it."""
    rng = np.random.default_rng([seed, 1])
    preferred = table.space.sample(rng) if kind == "useless" else dict(best)
    names = sorted(preferred)
    if kind == "half":
        names = [names[place] for place in rng.permutation(len(names))[: len(names) // 2].tolist()]
    if kind == "none":
        return None
    return Guidance.model_validate({"decisions": [{"name": name, "prefer": preferred[name]} for name in names]})


def queries(
    table: Table, objective: Objective, good: float, member: str, given: Guidance | None, seed: int, most: int
) -> int:
    """Return how many queries a search takes to find what is as good as that; at most ``most``."""
    spec = StrategySpec.model_validate({member: {}, "seed": seed})
    strategy = create_strategy(spec, Problem(table.space, [objective]), guided=True)
    seen: tuple[Observation, ...] = ()
    for index in range(most):
        [candidate] = strategy.ask(History(seen, (), index, guidance=given), 1)
        row = table.look_up(strategy.values(candidate))
        if row is not None and row["value"] >= good:
            return index + 1
        seen += (Observation(index, index + 1, candidate, row),)
    return most


def main() -> None:
    """Print a row for each table, strategy and preference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the tables")
    parser.add_argument("--tables", default=",".join(TABLES))
    parser.add_argument("--strategies", default="random,regularizedEvolution,localSearch,nsga2,bayesian")
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--most", type=int, default=200, help="queries of a search")
    asked = parser.parse_args()
    objective = Objective(metric="value")
    print("| table | strategy | preferred | queries | of those without |\n|---|---|---|---|---|")
    for name in asked.tables.split(","):
        space, file, column, more, encoding = TABLES[name]
        read = read_table([asked.data / file], read_space(space), [column], "raw", encoding)
        rows = {key: {"value": row[column] * (1 if more else -1)} for key, row in read.metrics.items()}
        table = Table(read.space, read.twins, rows)
        ranked = sorted(rows, key=lambda key: -rows[key]["value"])
        good, best = rows[ranked[int(len(rows) * GOOD) - 1]]["value"], read.space.parse(ranked[0])
        for member in asked.strategies.split(","):
            without = np.zeros(0)
            for kind in PREFERENCES:
                seeds = range(asked.first_seed, asked.first_seed + asked.seeds)
                took = np.array(
                    [
                        queries(table, objective, good, member, guidance(kind, table, best, seed), seed, asked.most)
                        for seed in seeds
                    ]
                )
                without = took if kind == "none" else without
                rng = np.random.default_rng(0)
                pairs = rng.integers(len(took), size=(2, 2000, len(took)))
                low, high = np.quantile(took[pairs[0]].mean(1) / without[pairs[1]].mean(1), [0.05, 0.95])
                ratio = f"{took.mean() / without.mean():.2f} ({low:.2f} to {high:.2f})" if kind != "none" else ""
                print(f"| {name} | {member} | {kind} | {took.mean():.1f} | {ratio} |", flush=True)


if __name__ == "__main__":
    main()
