"""Many small searches at once on fake nodes: whether each gets its turn, and what a search costs beside a thousand.

    make bench-operator-many ARGS="--searches 1000"

All are applied in one go, each with 10 trials, 2 at a time, its storage and its report at the end. Prints a row for
each tenth of the searches as they end, then how long each waited for its first trial, and for its end. Nothing else may
run beside it.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from benchmarks.operator.operated import begin, operator_of, with_bucket
from benchmarks.operator.prepared import prepare
from benchmarks.operator.search import search
from benchmarks.operator.used import Used
from nas_dev.cluster.embedded import Cluster

POLL_S = 5.0
PARTS = 10
TRIALS, PARALLEL = 10, 2
"""Of each search."""
STUCK_S = 300.0
"""Seconds without a trial that ends after which the operator counts as stuck."""


@dataclass(frozen=True)
class Seen:
    """What was seen at one moment."""

    used: Used
    searches: int
    """Those that have ended."""
    trials: int
    """Those that have ended, of all searches."""

    def row(self, before: Seen) -> str:
        """Return the table's row of what came since ``before``."""
        trials, used, then = max(1, self.trials - before.trials), self.used, before.used
        return (
            f"| {self.searches:,} | {self.trials:,} | {60 * trials / (used.at - then.at):,.0f} "
            f"| {1000 * (used.cpu - then.cpu) / trials:.1f} | {(used.requests - then.requests) / trials:.1f} "
            f"| {used.mean_ms('plan', then):.0f} | {used.mean_ms('reconcile', then):.0f} | {used.memory / 2**20:.0f} |"
        )


class Many:
    """The searches and the operator that runs them."""

    def __init__(self, cluster: Cluster, count: int) -> None:
        bucket = with_bucket(cluster, "many")
        self.cluster, self.count, self.namespace = cluster, count, bucket.name
        body = search(self.namespace, TRIALS, PARALLEL, 0, fake_nodes=True)
        body["spec"] |= {"storage": bucket.storage()}
        self._searches = [
            body
            | {
                "metadata": body["metadata"] | {"name": f"bench-{k:05}"},
                "spec": body["spec"] | {"strategy": {"random": {}, "seed": k}},
            }
            for k in range(count)
        ]
        self.operator = operator_of(cluster, self.namespace, "bench-many")

    def run(self) -> list[Seen]:
        """Run them and return what was seen at the end of each part."""
        begin(self.operator)
        manifests = json.dumps({"apiVersion": "v1", "kind": "List", "items": self._searches})
        self.cluster.kubectl("create", f"--namespace={self.namespace}", "--filename=-", stdin=manifests)
        parts = [seen := self._look()]
        moved = time.monotonic()
        while parts[-1].searches < self.count:
            time.sleep(POLL_S)
            before, seen = seen, self._look()
            if seen.trials > before.trials or seen.searches > before.searches:
                moved = time.monotonic()
            elif time.monotonic() - moved > STUCK_S:
                raise RuntimeError(f"no trial ended for {STUCK_S:.0f} s; see {self.operator.log}")
            if seen.searches - parts[-1].searches >= self.count / PARTS or seen.searches == self.count:
                print(seen.row(parts[-1]), flush=True)
                parts.append(seen)
        return parts

    def waits(self) -> tuple[list[float], list[float]]:
        """Return the seconds from the creation of each search to its first trial, and to its end."""
        first: dict[str, float] = {}
        for trial in self._list("nastrials"):
            name = trial["metadata"]["ownerReferences"][0]["name"]
            first[name] = min(first.get(name, float("inf")), _seconds(trial["metadata"]["creationTimestamp"]))
        begun, ended = [], []
        for one in self._list("nas"):
            created = _seconds(one["metadata"]["creationTimestamp"])
            begun.append(first[one["metadata"]["name"]] - created)
            ended.append(_seconds(one["status"]["completionTime"]) - created)
            succeeded = one["status"]["trials"]["succeeded"]
            if succeeded != TRIALS:
                raise RuntimeError(f"{one['metadata']['name']}: {succeeded} of {TRIALS} trials succeeded")
        return begun, ended

    def _look(self) -> Seen:
        found = [one.get("status", {}) for one in self._list("nas")]
        trials = sum((one.get("trials") or {}).get("succeeded", 0) for one in found)
        return Seen(Used.of(self.operator), sum("completionTime" in one for one in found), trials)

    def _list(self, kind: str) -> list[dict[str, Any]]:
        listed = self.cluster.kubectl("get", kind, f"--namespace={self.namespace}", "--output=json")
        items: list[dict[str, Any]] = json.loads(listed)["items"]
        return items


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


def measure_many(count: int) -> int:
    """Measure and print."""
    cluster = Cluster("kwok")
    try:
        prepare(cluster, fake_nodes=True)
        many = Many(cluster, count)
        print("| Searches | Trials | a minute | CPU ms a trial | requests a trial | plan ms | look ms | MiB |")
        print("|---|---|---|---|---|---|---|---|", flush=True)
        try:
            parts = many.run()
        finally:
            many.operator.stop()
        first, last = parts[0].used, parts[-1].used
        spent, cpu, requests = last.at - first.at, last.cpu - first.cpu, last.requests - first.requests
        print(f"\n{count:,} searches of {TRIALS} trials in {spent:.0f} s, with {cpu:.0f} s of CPU; "
              f"{requests / count / TRIALS:.1f} requests a trial")  # fmt: skip
        for what, waits in zip(("its first trial", "its end"), many.waits(), strict=True):
            low, median, high, most = np.percentile(waits, [0, 50, 99, 100])
            spread = f"{low:.0f} to {most:.0f} s, median {median:.0f}, 99th percentile {high:.0f}"
            print(f"a search waited for {what}: {spread}")
    finally:
        cluster.down(wipe=True)
    return 0
