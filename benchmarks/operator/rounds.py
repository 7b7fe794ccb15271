"""One round of either side, in a namespace of its own."""

from __future__ import annotations

import json
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.operator_process import Operator

from benchmarks.operator.observed import Cost, Observed
from benchmarks.operator.search import bare_job, search
from nas_dev.cluster import Cluster

WATCHER = Path(__file__).with_name("watcher.py")
LIMIT_S = 900
"""Seconds a round may take."""


@dataclass(frozen=True)
class Bench:
    """What is measured, and where."""

    cluster: Cluster
    trials: int
    parallel: int
    seconds: float
    fake_nodes: bool
    log: Path
    """Where the operator's log goes."""
    log_level: str

    def bare(self) -> Observed:
        """Let the bare script run the Jobs."""
        with self._namespace() as namespace:
            return self._read(self._watch(namespace, json.dumps(bare_job(self._search(namespace)))))

    def operator(self) -> tuple[Observed, Cost]:
        """Let the operator run them."""
        with self._namespace() as namespace, self._running(namespace) as operator:
            before, cpu = requests(operator.metrics()), operator.usage().cpu
            watcher = self._watch(namespace)
            applied = time.time()
            self.cluster.kubectl("apply", "--filename=-", stdin=json.dumps(self._search(namespace)))
            observed = self._read(watcher)
            condition = ("--for=condition=Succeeded", "--timeout=60s", f"--namespace={namespace}")
            self.cluster.kubectl("wait", "nassearch/bench", *condition)
            recorded, usage = time.time(), operator.usage()
            cost = Cost(
                first_job=observed.created[0] - applied,
                recorded=recorded - observed.finished[-1],
                requests=requests(operator.metrics()) - before,
                cpu=usage.cpu - cpu,
                peak=usage.peak,
            )
            path = "--output=jsonpath={.status.trials.succeeded}"
            succeeded = self.cluster.kubectl("get", "nassearch", "bench", f"--namespace={namespace}", path)
            if succeeded != str(self.trials):
                raise RuntimeError(f"{succeeded} of {self.trials} trials succeeded; see {self.log}")
            return observed, cost

    def _search(self, namespace: str) -> dict[str, object]:
        return search(namespace, self.trials, self.parallel, self.seconds, self.fake_nodes)

    @contextmanager
    def _namespace(self) -> Iterator[str]:
        """Make a namespace; when the next round starts nothing of it is left."""
        name = f"bench-{secrets.token_hex(3)}"
        self.cluster.kubectl("create", "namespace", name)
        try:
            yield name
        finally:
            self.cluster.kubectl("delete", "namespace", name)

    @contextmanager
    def _running(self, namespace: str) -> Iterator[Operator]:
        operator = Operator(self.cluster, namespace, self.log)
        operator.start(METRICS_INTERVAL="5", LOG_LEVEL=self.log_level)
        try:
            time.sleep(5)  # a start-up is not what is measured
            yield operator
        finally:
            operator.stop()

    def _watch(self, namespace: str, job: str = "") -> subprocess.Popen[str]:
        """Start the watcher; with a Job it is the bare script."""
        argv = [*self.cluster.nsenter_prefix, sys.executable, str(WATCHER), namespace]
        environment = {"KUBECONFIG": str(self.cluster.inner_kubeconfig), "PATH": "/usr/bin:/bin"}
        process = subprocess.Popen(
            [*argv, str(self.trials), str(self.parallel)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdin
        process.stdin.write(job)
        process.stdin.close()
        return process

    def _read(self, watcher: subprocess.Popen[str]) -> Observed:
        """Wait for a watcher and return what it saw."""
        assert watcher.stdout
        try:
            output = watcher.stdout.read()
            watcher.wait(LIMIT_S)
        finally:
            watcher.kill()
        observed = Observed.of(output, self.parallel)
        if len(observed.finished) != self.trials:
            raise RuntimeError(f"saw {len(observed.finished)} of {self.trials} Jobs finish")
        return observed


def requests(page: str) -> float:
    """Sum the operator's own API requests, watches aside."""
    pattern = r'nas_operator_api_requests_total\{code="\d+",verb="(\w+)"\} ([\d.e+]+)'
    return sum(float(count) for verb, count in re.findall(pattern, page) if verb != "WATCH")
