"""Time and memory that each strategy needs to choose after a long history.

Each runs in a process of its own, forked from one that has the history: the first ask rebuilds its state from it, then
one result after the other comes in, and each ask is timed, in CPU seconds, so that other work on the machine does not
count. With ``--objectives 2`` a front is sought, under a constraint.
"""

from __future__ import annotations

import argparse
import functools

from benchmarks.history.cost import Cost, in_a_fork, long_history, measure
from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces import get_space
from nas_search import KINDS, ZERO_COST

STRATEGIES = [member for member, kind in KINDS.items() if kind is not ZERO_COST and not kind.derives]


def main() -> int:
    """Measure, print, and tell whether all keep the limits."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--candidates", type=int, default=100_000)
    parser.add_argument("--space", default="nas-bench-301")
    parser.add_argument("--objectives", type=int, choices=[1, 2], default=1)
    parser.add_argument(
        "--strategies", default=",".join(STRATEGIES), help="members of spec.strategy with commas between"
    )
    options = parser.parse_args()
    space = get_space(SearchSpaceSpec.model_validate({"name": options.space}))
    history = long_history(space, options.candidates)
    print("| strategy | rebuild, CPU s | ask, CPU s | process with the history, MiB | at most, MiB |")
    print("|---|---|---|---|---|", flush=True)
    costs: list[Cost] = []
    for member in options.strategies.split(","):
        cost = in_a_fork(functools.partial(measure, member, space, history, options.objectives))
        print(
            f"| {member} | {cost.rebuild:.2f} | {cost.ask:.3f} | {cost.history_mib:.0f} | {cost.mib:.0f} |", flush=True
        )
        costs.append(cost)
    return 0 if all(cost.fine for cost in costs) else 1


if __name__ == "__main__":
    raise SystemExit(main())
