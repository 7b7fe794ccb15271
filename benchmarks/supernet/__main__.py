"""What supernets are worth against the table: `README.md` says how it is made, and what files this reads.

Without files it says what the table itself is worth: how many architectures, how they spread, how much is noise, and
how well their sizes rank them.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

import numpy as np

from benchmarks.supernet.cost import compare, evolution, training_seconds
from benchmarks.supernet.intervals import estimate
from benchmarks.supernet.scored import Derived, Supernet, read_derived, read_supernet
from benchmarks.supernet.table import TABLE, Table, between_seeds, ceilings, read, tau


def show_table(table: Table) -> None:
    """Print what the table is worth."""
    accuracies = [100 * row.accuracy for row in table.rows]
    low, middle, high = np.percentile(accuracies, [5, 50, 95])
    print(
        f"{len(table.rows)} architectures, {len(table.rows[0].test)} seeds: accuracy {min(accuracies):.2f} to "
        f"{max(accuracies):.2f} %, of which 5, 50 and 95 % are below {low:.2f}, {middle:.2f} and {high:.2f} %; "
        f"{training_seconds(table):.2f} s each in the mean\n"
    )
    over_all, of_top = ceilings(table)
    print("| ranking | Kendall's tau over all (95 %) | over the top half (95 %) |")
    print("|---|---|---|")
    print(f"| one seed by the other | {between_seeds(table.rows)} | {between_seeds(table.top_half)} |")
    print(f"| true quality, by simulation: the ceiling | {over_all:.3f} | {of_top:.3f} |")
    for name in ("parameters", "macs"):
        scores = {row.id: float(getattr(row, name)) for row in table.rows}
        print(f"| {name} | {tau([scores], table.rows)} | {tau([scores], table.top_half)} |", flush=True)


def show_supernets(table: Table, supernets: Sequence[Supernet], seeds: int) -> None:
    """Print how each method's supernets rank, and what they cost beside evolution."""
    by_method: dict[str, list[Supernet]] = defaultdict(list)
    for supernet in supernets:
        by_method[supernet.method].append(supernet)
    for method, those in by_method.items():
        rankings = [supernet.scores for supernet in those]
        name = f"{method}, {len(those)} supernets"
        print(f"| {name} | {tau(rankings, table.rows)} | {tau(rankings, table.top_half)} |", flush=True)
    print("\n| method | evolution, s (trained alone) | weight sharing, s (trained alone) | ratio (95 %) |")
    print("|---|---|---|---|")
    searches = [evolution(table, seed) for seed in range(seeds)]
    for method, those in by_method.items():
        found = compare(table, those, searches)
        cells = [f"{side.seconds:.1f} ({side.trained})" for side in (found.evolution, found.sharing)]
        print(f"| {method} | {' | '.join(cells)} | {found.ratio} |", flush=True)


def show_derived(table: Table, derived: Sequence[Derived]) -> None:
    """Print what gradient strategies chose: how much of the space it is better than."""
    print("\n| strategy | runs | percentile, mean (95 %) | worst | skip connections of 6 edges, mean |")
    print("|---|---|---|---|---|")
    for one in derived:
        places = np.array([table.percentile(chosen) for chosen in one.chosen])
        mean = estimate(lambda drawn, places=places: float(places[drawn].mean()), len(places))  # type: ignore[misc]
        print(
            f"| {one.strategy} | {len(places)} | {mean.value:.1f} ({mean.low:.1f} to {mean.high:.1f}) | "
            f"{places.min():.1f} | {fmean(one.skips):.1f} |"
        )


def main() -> int:
    """Read and print."""
    parser = argparse.ArgumentParser(prog="make bench-supernet", description=__doc__.splitlines()[0])
    parser.add_argument("--table", type=Path, default=TABLE)
    parser.add_argument("--supernets", type=Path, nargs="+", default=[], metavar="JSON")
    parser.add_argument("--derived", type=Path, nargs="+", default=[], metavar="JSON")
    parser.add_argument("--seeds", type=int, default=100, help="searches by evolution, to compare the cost with")
    options = parser.parse_args()
    table = read(options.table)
    supernets = [read_supernet(path) for path in options.supernets]
    device = json.loads(options.table.with_suffix(".json").read_text())["runs"][0]["device"]
    for path, supernet in zip(options.supernets, supernets, strict=True):
        if supernet.training_seconds is None and supernet.device != device:
            parser.error(f"{path} is of {supernet.device}, the table of {device}: give training_seconds")
    derived = [read_derived(path) for path in options.derived]
    for path, one in zip(options.derived, derived, strict=True):
        if missing := [chosen for chosen in one.chosen if chosen not in table.all]:
            parser.error(f"{path}: {missing[0]} is not in the table; train it with ground_truth --given")
    show_table(table)
    if supernets:
        show_supernets(table, supernets, options.seeds)
    if derived:
        show_derived(table, derived)
    return 0


if __name__ == "__main__":
    sys.exit(main())
