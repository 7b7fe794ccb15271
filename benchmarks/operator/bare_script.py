"""Keeps Jobs running with one thread, as simple as such a script is: what plain Kubernetes gives.

It makes the next Job when a watch shows that one has finished, and knows nothing of results. It runs inside the
cluster's network. Arguments: namespace, total, parallel; the Job comes on standard input.
"""

from __future__ import annotations

import itertools
import json
import sys

from benchmarks.operator.job_events import job_events
from kubernetes import client, config


def main() -> None:
    """Run until all Jobs have finished."""
    namespace, total, parallel = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    job = json.load(sys.stdin)
    config.load_kube_config()
    api = client.BatchV1Api()
    names = (f"bare-{number:05d}" for number in range(total))

    def make(count: int) -> None:
        for name in itertools.islice(names, count):
            body = job | {"metadata": job["metadata"] | {"name": name}}
            api.create_namespaced_job(namespace, body, _preload_content=False)

    make(parallel)
    done: set[str] = set()
    for name, finished in job_events(api, namespace):
        if finished and name not in done:
            done.add(name)
            make(1)
        if len(done) >= total:
            return


if __name__ == "__main__":
    main()
