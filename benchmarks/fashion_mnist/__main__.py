"""Test accuracy on Fashion-MNIST of a search, a random architecture and a hand-made network, in equal CPU time.

Everything runs on one CPU: a trial is the trainer's process, as a pod with a limit of one CPU runs it. What was done
before, with the same settings, is taken from the ledger.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
from pathlib import Path

import yaml

from benchmarks.fashion_mnist import report
from benchmarks.fashion_mnist.contest import Contest
from benchmarks.fashion_mnist.process import Runner
from benchmarks.ledger import Ledger
from nas_core.api.search import NASSearchSpec
from nas_dev.datasets.fashion_mnist import FILES, PACKAGE

ROOT = Path(__file__).parents[2]
SEARCH = Path(__file__).with_name("search.yaml")


def main() -> int:
    """Run what is missing, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--csv", type=Path, default=ROOT / "out" / "fashion_mnist.csv")
    parser.add_argument("--ledger", type=Path, default=ROOT / "out" / "fashion_mnist.jsonl")
    parser.add_argument("--minutes", type=float, default=30, help="of the processor, for each contestant")
    parser.add_argument("--search-minutes", type=float, default=11, help="after which no candidate is begun")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument(
        "--longer", type=float, nargs="*", default=[], help="train the winner for so many times as long as well"
    )
    options = parser.parse_args()
    if not FILES.exists():
        raise SystemExit(f"{FILES} is missing: apt-get install {PACKAGE}")
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    text = SEARCH.read_text()
    settings = f"{options.minutes:g} {options.search_minutes:g} {hashlib.sha256(text.encode()).hexdigest()[:16]}"
    contest = Contest(
        spec=NASSearchSpec.model_validate(yaml.safe_load(text)["spec"]),
        budget_s=60 * options.minutes,
        search_s=60 * options.search_minutes,
        ledger=Ledger(options.ledger, settings),
        run=Runner(lambda line: print(line, file=sys.stderr, flush=True)),
    )
    rows = []
    for kind in (contest.searched, contest.random, contest.hand_made):
        rows += [kind(seed) for seed in options.seeds]
    report.write(options.csv, rows)
    print(report.table(rows))
    for row in (contest.searched(options.seeds[0], longer) for longer in options.longer):
        print(f"\nthe first winner in {row.cpu_minutes:.0f} CPU-minutes, {row.epochs} epochs: {row.test_accuracy:.4f}")
    print(f"\n{report.headline(rows, options.minutes)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
