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
from benchmarks.operator.start_up import wait_until_started
from nas_dev.cluster.embedded import Cluster
from nas_dev.paths import REPOSITORY

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
            observer = self._inside("observer", namespace, str(self.trials))
            script = self._inside("bare_script", namespace, str(self.trials), str(self.parallel))
            assert script.stdin
            with script.stdin as stdin:
                stdin.write(json.dumps(bare_job(self._search(namespace))))
            try:
                return self._read(observer)
            finally:
                script.kill()

    def operator(self) -> tuple[Observed, Cost]:
        """Let the operator run them."""
        with self._namespace() as namespace, self._running(namespace) as operator:
            before, cpu = requests(operator.metrics()), operator.usage().cpu
            observer = self._inside("observer", namespace, str(self.trials))
            applied = time.time()
            self.cluster.kubectl("apply", "--filename=-", stdin=json.dumps(self._search(namespace)))
            observed = self._read(observer)
            condition = ("--for=condition=Succeeded", f"--timeout={LIMIT_S}s", f"--namespace={namespace}")
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
            wait_until_started(operator.healthy, lambda: operator.usage().cpu)
            yield operator
        finally:
            operator.stop()

    def _inside(self, program: str, *arguments: str) -> subprocess.Popen[str]:
        """Start a program of this package inside the cluster's network."""
        argv = [*self.cluster.nsenter_prefix, sys.executable, "-m", f"benchmarks.operator.{program}", *arguments]
        environment = {"KUBECONFIG": str(self.cluster.inner_kubeconfig), "PYTHONPATH": str(REPOSITORY)}
        environment["PATH"] = "/usr/bin:/bin"
        return subprocess.Popen(argv, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def _read(self, observer: subprocess.Popen[str]) -> Observed:
        """Wait for an observer and return what it saw."""
        try:
            output, _ = observer.communicate(timeout=LIMIT_S)
        finally:
            observer.kill()
        observed = Observed.of(output, self.parallel)
        if len(observed.finished) != self.trials:
            raise RuntimeError(f"saw {len(observed.finished)} of {self.trials} Jobs finish")
        return observed


def requests(page: str) -> float:
    """Sum the operator's own API requests, watches aside."""
    pattern = r'nas_operator_api_requests_total\{code="\d+",verb="(\w+)"\} ([\d.e+]+)'
    return sum(float(count) for verb, count in re.findall(pattern, page) if verb != "WATCH")
