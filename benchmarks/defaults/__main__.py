"""Search each data set with nothing but its task said, and print a row for each.

Simple models and the best candidate are judged on the test split, the loss in brackets. What is done is kept: a run
that was cut off goes on.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

from benchmarks.defaults.data import CASES
from benchmarks.defaults.process import search, start
from benchmarks.defaults.report import HEAD, half
from benchmarks.defaults.search import TRIALS

ROOT = Path(__file__).parents[2]


def main() -> int:
    """Run the searches, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", help="names of data sets, or tuned or held-out: a half of them")
    parser.add_argument("--trials", type=int, default=TRIALS)
    parser.add_argument("--jobs", type=int, default=1, help="searches at the same time")
    parser.add_argument("--threads", type=int, default=1, help="of a search")
    parser.add_argument(
        "--kept", type=Path, default=ROOT / "out" / "defaults", help="folder with what is done; delete it to begin anew"
    )
    options = parser.parse_args()
    names = [name for name, case in CASES.items() if not options.only or {name, half(case)} & set(options.only)]
    print(f"{HEAD}\n|{'---|' * HEAD.count(' | ')}---|", flush=True)
    context = get_context("spawn")
    with ProcessPoolExecutor(options.jobs, context, start, (options.threads,), max_tasks_per_child=1) as processes:
        searches = [processes.submit(search, name, options.trials, options.kept) for name in names]
        for done in as_completed(searches):
            print(done.result(), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
