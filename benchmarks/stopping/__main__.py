"""What the rules of early stopping save, and what they lose: random searches over learning curves that are known.

Workers train one epoch after the other, side by side, and each rule looks after every epoch. What is saved are epochs;
what is lost shows in the best result of a full training, beside that of the same search without any stopping.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.rungs.tables import Task, groups
from nas_core.api.early_stopping import EarlyStopping
from nas_search.ranking import Floats
from nas_search.stopping import Cohort, LearningCurve, verdict
from nas_search.strategy import candidate_of

RULES: tuple[dict[str, dict[str, str]], ...] = (
    {"median": {}},
    {"asha": {}},
    {"curve": {}},
    {"wilcoxon": {"pThreshold": "0.05"}},
    {"wilcoxon": {}},
)


@dataclass(frozen=True)
class Outcome:
    """What became of one search."""

    saved: float
    """Share of all epochs."""
    missed: bool
    """Whether the candidate that is best after all epochs was stopped."""
    rank: int
    """How many candidates of the search are better than the best that was trained in full."""


def play(rule: EarlyStopping, costs: Floats, workers: int) -> Outcome:
    """Run a search over the costs (candidates, epochs), which begins with the first ones."""
    total, epochs = costs.shape
    waiting = list(range(total))[::-1]
    running: dict[int, int] = {}
    over: dict[int, LearningCurve] = {}
    while waiting or running:
        while waiting and len(running) < workers:
            running[waiting.pop()] = 0
        for one in list(running):
            running[one] += 1
        curves = {one: curve(costs[one], epoch, epochs) for one, epoch in running.items()}
        cohort = Cohort([*over.values(), *curves.values()])
        for one, epoch in list(running.items()):
            if epoch == epochs or verdict(rule, curves[one], epoch - 1, cohort, epochs):
                over[one] = curves[one]
                del running[one]
    trained = [one for one, ended in over.items() if ended.full]
    final = costs[:, -1]
    spent = sum(len(ended.epochs) for ended in over.values())
    best = final[trained].min()
    return Outcome(1 - spent / (total * epochs), int(final.argmin()) not in trained, int((final < best).sum()))


def curve(costs: Floats, epoch: int, epochs: int) -> LearningCurve:
    """Return what is seen of a candidate up to an epoch."""
    return LearningCurve(np.arange(1, epoch + 1), costs[:epoch, None], epoch == epochs)


def drawn(task: Task, candidates: int, rng: np.random.Generator) -> Floats:
    """Return the costs of random candidates after each epoch, shape (candidates, epochs)."""
    rows: dict[str, list[float]] = {}
    while len(rows) < candidates:
        one = candidate_of(task.space, task.space.sample(rng), "Random")
        rows[one.id] = [-task.value(one, epoch) for epoch in range(1, task.epochs + 1)]
    return np.array(list(rows.values()))


def line(name: str, rule: EarlyStopping, searches: Sequence[Floats], workers: int) -> str:
    """Return what came of it, as a row of a Markdown table."""
    outcomes = [play(rule, costs, workers) for costs in searches]
    label = f"{rule.member}" + (f" {rule.wilcoxon.p_threshold}" if rule.wilcoxon else "")
    saved, missed = (100 * float(np.mean([getattr(o, field) for o in outcomes])) for field in ("saved", "missed"))
    ranks = np.array([o.rank for o in outcomes])
    return f"| {name} | {label} | {saved:.0f} % | {missed:.0f} % | {ranks.mean():.1f} | {ranks.max()} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="make bench-stopping", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with the tables and surrogates")
    parser.add_argument("--candidates", type=int, default=100, help="of a search")
    parser.add_argument("--searches", type=int, default=102)
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--min-epochs", type=int, default=1)
    args = parser.parse_args()
    print("| curves | rule | epochs saved | best one stopped | better ones missed, mean | most |")
    print("|---|---|---|---|---|---|")
    for name, tasks in groups(args.data).items():
        if "201" in name or "from 1" in name:  # no curve, or one that is there already
            continue
        rngs = [np.random.default_rng(seed) for seed in range(args.searches)]
        searches = [drawn(tasks[seed % len(tasks)], args.candidates, rng) for seed, rng in enumerate(rngs)]
        for settings in RULES:
            rule = EarlyStopping.model_validate({**settings, "minEpochs": args.min_epochs})
            print(line(name, rule, searches, args.workers), flush=True)


if __name__ == "__main__":
    main()
