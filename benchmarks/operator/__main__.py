"""Trials a minute of the operator, beside a bare script that keeps as many of the same Jobs running.

Both run inside the embedded cluster's network, one after the other in the same run, on the same image and arguments.
Slot turnaround is taken from a watch, for the times in objects are whole seconds: from the event that shows a Job
finished to the one that shows the next created.
"""

from __future__ import annotations

import argparse
import json
import re
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.operator_process import Operator

from nas_core.api.crd import custom_resource_definitions
from nas_dev import images
from nas_dev.cluster import Cluster
from nas_dev.steps import Steps

IMAGE = "localhost/nas-custom-trainer:dev"


@dataclass
class Observed:
    """What a watch of a namespace's Jobs showed."""

    created: list[float] = field(default_factory=list)
    finished: list[float] = field(default_factory=list)

    def turnaround(self, parallel: int) -> list[float]:
        """Return the seconds from each end to the creation that filled its slot, in order of both."""
        refills = self.created[parallel:]
        return [max(0.0, new - old) for old, new in zip(self.finished, refills, strict=False)]

    @property
    def seconds(self) -> float:
        """Seconds from the first creation to the last end."""
        return self.finished[-1] - self.created[0]


WATCHER = """
import json, sys, time
from kubernetes import client, config
from urllib3.exceptions import ProtocolError
config.load_kube_config()
batch, namespace, args = client.BatchV1Api(), sys.argv[1], sys.argv[4:]
total, parallel = int(sys.argv[2]), int(sys.argv[3])
def job(i):
    command = ["python3", "-c", "import time,sys;time.sleep(float(sys.argv[1]))"]
    container = {"name": "t", "image": "IMAGE", "command": command, "args": args}
    pod = {"restartPolicy": "Never", "automountServiceAccountToken": False, "containers": [container]}
    return {"metadata": {"name": f"bare-{i:05d}"}, "spec": {"backoffLimit": 0, "template": {"spec": pod}}}
made = 0
if args:
    for made in range(1, parallel + 1): batch.create_namespaced_job(namespace, job(made), _preload_content=False)
seen, done = set(), set()
while len(done) < total:
    answer = batch.list_namespaced_job(namespace, watch=True, _preload_content=False, timeout_seconds=300)
    buffer = b""
    try:
        for chunk in answer.stream(65536):
            *lines, buffer = (buffer + chunk).split(b"\\n")
            for line in lines:
                now, o = time.time(), json.loads(line)["object"]
                name = o["metadata"]["name"]
                if name not in seen:
                    seen.add(name); print("created", now, flush=True)
                true = [c["type"] for c in o.get("status", {}).get("conditions", []) if c["status"] == "True"]
                if {"Complete", "Failed"} & set(true) and name not in done:
                    done.add(name); print("finished", now, flush=True)
                    if args and made < total:
                        made += 1; batch.create_namespaced_job(namespace, job(made), _preload_content=False)
            if len(done) >= total: break
    except ProtocolError:
        pass  # the server ended the stream; the next one begins with all that exists
""".replace("IMAGE", IMAGE)


def watcher(cluster: Cluster, namespace: str, trials: int, parallel: int, *bare: str) -> subprocess.Popen[str]:
    """Start a watch of a namespace's Jobs; with ``bare`` arguments it creates them too: that is the bare script."""
    argv = [*cluster.nsenter_prefix, sys.executable, "-c", WATCHER, namespace, str(trials), str(parallel), *bare]
    environment = {"KUBECONFIG": str(cluster.inner_kubeconfig), "PATH": "/usr/bin:/bin"}
    return subprocess.Popen(argv, env=environment, stdout=subprocess.PIPE, text=True)


def read(process: subprocess.Popen[str], trials: int) -> Observed:
    """Wait for a watcher and return what it saw."""
    output, _ = process.communicate(timeout=900)
    observed = Observed()
    for line in output.splitlines():
        kind, moment = line.split()
        getattr(observed, kind).append(float(moment))
    if len(observed.finished) != trials:
        raise RuntimeError(f"saw {len(observed.finished)} of {trials} Jobs finish")
    return observed


def search(namespace: str, trials: int, parallel: int, seconds: float) -> dict[str, object]:
    """Return the NASSearch that is measured."""
    return {
        "apiVersion": "nas-operator.io/v1alpha1",
        "kind": "NASSearch",
        "metadata": {"name": "bench", "namespace": namespace},
        "spec": {
            "task": {"dataset": {"name": "digits"}},
            "strategy": {"random": {}},
            "budget": {"maxTrials": trials, "parallelTrials": parallel},
            "trialTemplate": {"image": IMAGE, "args": ["--seconds", str(seconds)]},
        },
    }


def requests(page: str) -> float:
    """Sum the operator's own API requests, watches aside."""
    pattern = r'nas_operator_api_requests_total\{code="\d+",verb="(\w+)"\} ([\d.e+]+)'
    return sum(float(count) for verb, count in re.findall(pattern, page) if verb != "WATCH")


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=60)
    parser.add_argument("--parallel", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=2.0)
    options = parser.parse_args()
    cluster = Cluster("dev")
    cluster.up()
    images.build_and_load(Steps(), cluster, ["custom-trainer"])
    crds = {"apiVersion": "v1", "kind": "List", "items": custom_resource_definitions()}
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "--filename=-", stdin=json.dumps(crds))
    rows = {}
    namespaces = {kind: f"bench-{kind}-{secrets.token_hex(3)}" for kind in ("bare", "operator")}
    with tempfile.TemporaryDirectory() as temporary:
        try:
            for namespace in namespaces.values():
                cluster.kubectl("create", "namespace", namespace)
            rows["bare script"] = read(
                watcher(cluster, namespaces["bare"], options.trials, options.parallel, str(options.seconds)),
                options.trials,
            )
            operator = Operator(cluster, namespaces["operator"], Path(temporary) / "operator.log")
            operator.start(METRICS_INTERVAL="5")
            time.sleep(5)  # a start-up is not what is measured
            before = requests(operator.metrics())
            watching = watcher(cluster, namespaces["operator"], options.trials, options.parallel)
            applied = time.time()
            body = search(namespaces["operator"], options.trials, options.parallel, options.seconds)
            cluster.kubectl("apply", "--filename=-", stdin=json.dumps(body))
            rows["operator"] = read(watching, options.trials)
            spent = requests(operator.metrics()) - before
            operator.stop()
        finally:
            for namespace in namespaces.values():
                cluster.kubectl("delete", "namespace", namespace, "--wait=false", "--ignore-not-found")
    print(f"| {options.trials} trials, {options.parallel} parallel | trials/min | turnaround p50 s | p99 s |")
    print("|---|---|---|---|")
    rates = {}
    for name, observed in rows.items():
        rates[name] = 60 * options.trials / observed.seconds
        waits = sorted(observed.turnaround(options.parallel))
        p99 = waits[min(len(waits) - 1, int(0.99 * len(waits)))]
        print(f"| {name} | {rates[name]:.1f} | {statistics.median(waits):.3f} | {p99:.3f} |")
    ratio = rates["operator"] / rates["bare script"]
    first = rows["operator"].created[0] - applied
    print(
        f"\nratio {ratio:.2f}; first Job {first:.2f} s after apply; {spent / options.trials:.1f} API requests a trial"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
