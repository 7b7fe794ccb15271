"""One large search on fake nodes, with its ledger: whether the cost of a trial grows with the number of trials.

    make bench-operator-large ARGS="--trials 10000 --parallel 200"

Prints a row for each part of the search: trials a minute, CPU and API requests of the operator for a trial, how long
its looks and plans took. Then what a restart takes when all is recorded, and the largest object. Nothing else may run
beside it. Fake pods run nothing, so the image's trainer is not in the figures; results come from the termination
messages that kwok writes, and the operator puts each into the bucket itself.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.operator.operated import begin, operator_of, with_bucket
from benchmarks.operator.prepared import prepare
from benchmarks.operator.search import search
from benchmarks.operator.used import Used
from nas_dev.cluster.embedded import Cluster

POLL_S = 5.0
PARTS = 10
STUCK_S = 300.0
"""Seconds without anything new after which the search, or the operator, counts as stuck."""


@dataclass(frozen=True)
class Sample:
    """What was seen at one moment."""

    used: Used
    ended: int
    objects: int
    in_ledger: int


class Large:
    """A search, the operator that runs it, and what is seen of both."""

    def __init__(self, cluster: Cluster, trials: int, parallel: int, history: int, strategy: str) -> None:
        bucket = with_bucket(cluster, "large")
        self.cluster, self.trials, self.namespace = cluster, trials, bucket.name
        self._search = search(self.namespace, trials, parallel, 0, fake_nodes=True)
        self._search["spec"] |= {"strategy": {strategy: {}}, "storage": bucket.storage(trialHistory=history)}
        self.operator = operator_of(cluster, self.namespace, "bench-large")

    def run(self) -> list[Sample]:
        """Run it and return a sample at the end of each part."""
        begin(self.operator)
        self._apply(self._search)
        samples = [found := self._sample()]
        moved = time.monotonic()
        while samples[-1].ended < self.trials or self._status("completionTime") is None:
            time.sleep(POLL_S)
            before, found = found, self._sample()
            if found.ended > before.ended:
                moved = time.monotonic()
            elif time.monotonic() - moved > STUCK_S:
                raise RuntimeError(f"no result for {STUCK_S:.0f} s; see {self.operator.log}")
            if found.ended - samples[-1].ended >= self.trials / PARTS or found.ended >= self.trials:
                samples.append(found)
                print(self._row(samples[-2], samples[-1]), flush=True)
        return samples

    def restart(self) -> tuple[float, float, int]:
        """Return the seconds that a restart takes until the search was looked at, those of CPU, and the memory."""
        self._until(lambda: (self._status("ledger") or {}).get("trials") == self.trials, "all is in the ledger")
        self.operator.stop()
        started = time.monotonic()
        # A changed budget that changes nothing else: a look has to read the ledger for it.
        self.cluster.kubectl("patch", "nas", "bench", f"--namespace={self.namespace}", "--type=merge", "--patch",
                             json.dumps({"spec": {"budget": {"maxFailedTrials": 7}}}))  # fmt: skip
        generation = self._object()["metadata"]["generation"]
        self.operator.start()
        self._until(lambda: self._status("observedGeneration") == generation, "the search was looked at")
        usage = self.operator.usage()
        return time.monotonic() - started, usage.cpu, usage.peak

    def close(self) -> None:
        """Stop the operator; the cluster is removed as a whole."""
        self.operator.stop()

    def _until(self, check: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + STUCK_S
        while not check():
            if time.monotonic() > deadline:
                raise RuntimeError(f"not within {STUCK_S:.0f} s: {what}; see {self.operator.log}")
            time.sleep(0.2)

    def _apply(self, manifest: object) -> None:
        self.cluster.kubectl("apply", f"--namespace={self.namespace}", "--filename=-", stdin=json.dumps(manifest))

    def _object(self) -> dict[str, dict[str, object]]:
        found = self.cluster.kubectl("get", "nas", "bench", f"--namespace={self.namespace}", "--output=json")
        read: dict[str, dict[str, object]] = json.loads(found)
        return read

    def _status(self, field: str) -> dict[str, int] | None:
        found: dict[str, int] | None = self._object().get("status", {}).get(field)  # type: ignore[assignment]
        return found

    def _sample(self) -> Sample:
        status = self._object().get("status", {})
        counts, ledger = status.get("trials") or {}, status.get("ledger") or {}
        assert isinstance(counts, dict) and isinstance(ledger, dict)
        listed = self.cluster.kubectl(
            "get", "--raw", f"/apis/nas-operator.io/v1alpha1/namespaces/{self.namespace}/nastrials?limit=1"
        )
        listing = json.loads(listed)
        return Sample(
            used=Used.of(self.operator),
            ended=counts.get("succeeded", 0) + counts.get("failed", 0),
            objects=len(listing["items"]) + listing["metadata"].get("remainingItemCount", 0),
            in_ledger=ledger.get("trials", 0),
        )

    def _row(self, before: Sample, after: Sample) -> str:
        trials, used, then = max(1, after.ended - before.ended), after.used, before.used
        return (
            f"| {after.ended:,} | {60 * trials / (used.at - then.at):,.0f} "
            f"| {1000 * (used.cpu - then.cpu) / trials:.1f} | {(used.requests - then.requests) / trials:.1f} "
            f"| {used.mean_ms('plan', then):.0f} | {used.mean_ms('reconcile', then):.0f} | {used.memory / 2**20:.0f} "
            f"| {after.objects:,} | {after.in_ledger:,} |"
        )

    def size(self) -> int:
        """Return the bytes of the search's object as JSON, the largest one that grows."""
        return len(json.dumps(self._object()))


def measure_large(trials: int, parallel: int, history: int, strategy: str) -> int:
    """Measure and print."""
    cluster = Cluster("kwok")
    try:
        prepare(cluster, fake_nodes=True)
        large = Large(cluster, trials, parallel, history, strategy)
        print(
            "| Trials | a minute | CPU ms a trial | requests a trial | plan ms | look ms | MiB | objects | in ledger |"
        )
        print("|---|---|---|---|---|---|---|---|---|", flush=True)
        try:
            samples = large.run()
            spent = samples[-1].used.at - samples[0].used.at
            print(f"\n{trials:,} trials in {spent:.0f} s; the search's object has {large.size():,} bytes", flush=True)
            seconds, cpu, peak = large.restart()
            print(f"restart: {seconds:.1f} s until it was looked at, {cpu:.1f} s of CPU, {peak / 2**20:.0f} MiB")
        finally:
            large.close()
    finally:
        cluster.down(wipe=True)
    return 0
