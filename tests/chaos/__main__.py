"""``python -m tests.chaos``: disturb searches, one fault after the other, and write what held as a table."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos.faults import FAULTS
from tests.chaos.play import TRIALS, Outcome, perform, stage
from tests.chaos.report import report
from tests.support.cluster import prepared

from nas_dev.cluster.embedded import Cluster

Played = dict[str, list[Outcome]]


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--fault", action="append", choices=FAULTS, help="only these; repeatable (all)")
    parser.add_argument("--seed", type=int, default=1, help="of the moments; each time has the next one")
    parser.add_argument("--times", type=int, default=1, help="searches that each fault meets")
    parser.add_argument("--trials", type=int, default=TRIALS, help="candidates of a search")
    parser.add_argument("--out", type=Path, help="file that gets the table")
    given = parser.parse_args()
    cluster, played = prepared(Cluster(os.environ.get("CLUSTER", "dev"))), Played()
    directory = Path(tempfile.mkdtemp(prefix="nas-chaos-"))
    undisturbed = None
    for name in dict.fromkeys(("none", *(given.fault or FAULTS))):
        fault = FAULTS[name]
        for turn in range(given.times if name != "none" else 1):
            seed = given.seed + turn
            with stage(cluster, directory, seed) as play:
                compared = undisturbed if fault.same_course else None
                outcome = perform(play, fault.inject, fault.hits, given.trials, compared, fault.at_once)
            undisturbed = undisturbed or outcome.course
            played.setdefault(name, []).append(outcome)
            print(f"{time.strftime('%H:%M:%S')} {name} seed {seed}: {outcome.wrong or 'held'}", flush=True)
            if given.out:
                given.out.write_text(report(played, given.seed, given.trials))
    print(report(played, given.seed, given.trials))
    print(f"logs of the operators: {directory}")
    return int(any(outcome.wrong for outcomes in played.values() for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
