"""Notes when a namespace's Jobs are created and when they finish: the same program beside either side.

It runs inside the cluster's network, and prints a line an event. Arguments: namespace, number of Jobs to wait for.
"""

from __future__ import annotations

import sys
import time

from benchmarks.operator.job_events import job_events
from kubernetes import client, config


def main() -> None:
    """Run until as many Jobs have finished as there are to be."""
    namespace, total = sys.argv[1], int(sys.argv[2])
    config.load_kube_config()
    seen: set[str] = set()
    done: set[str] = set()
    for name, finished in job_events(client.BatchV1Api(), namespace):
        now = time.time()
        if name not in seen:
            seen.add(name)
            print("created", now, flush=True)
        if finished and name not in done:
            done.add(name)
            print("finished", now, flush=True)
        if len(done) >= total:
            return


if __name__ == "__main__":
    main()
