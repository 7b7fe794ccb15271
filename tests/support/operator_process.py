"""The operator as a process of its own inside the cluster's network, where it reaches pods as it would in a pod.

It can be killed like any process: that is what many tests are about.
"""

from __future__ import annotations

import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.support.inside import fetch, free_ports, leashed

from nas_dev.cluster.embedded import Cluster
from nas_dev.paths import REPOSITORY

LEASE_LOST = 75
"""Its exit status when another one may lead, or the API server gave no answer for ten seconds."""


@dataclass(frozen=True)
class Usage:
    """What a process has used so far."""

    cpu: float
    """Seconds of CPU."""
    peak: int
    """Largest resident memory, bytes."""


class Operator:
    """An operator that serves one namespace; its log is kept over restarts."""

    def __init__(self, cluster: Cluster, namespace: str, log: Path, release: str = "nas-operator") -> None:
        """``release`` names its Lease. A process that is started again is the same pod's, and need not wait for it."""
        self._cluster, self.log = cluster, log
        self._process: subprocess.Popen[bytes] | None = None
        self.metrics_port, self.health_port = free_ports(cluster, 2)
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(REPOSITORY / "operator"),
            "OMP_NUM_THREADS": "1",  # several operators, and trials, share the cores
            "KUBECONFIG": str(cluster.inner_kubeconfig),
            "NAS_OPERATOR_NAMESPACES": namespace,
            "NAS_OPERATOR_LEASE": f"{namespace}/{release}",
            "NAS_OPERATOR_IDENTITY": f"{log.stem}_{release}",
            "NAS_OPERATOR_TRIAL_IMAGE": "localhost/nas-trial:dev",
            "NAS_OPERATOR_ALLOWED_ENDPOINTS": cluster.s3.pod_endpoint.removeprefix("http://"),
            "NAS_OPERATOR_METRICS_INTERVAL": "1",
            "NAS_OPERATOR_METRICS_PORT": str(self.metrics_port),
            "NAS_OPERATOR_HEALTH_PORT": str(self.health_port),
        }

    def start(self, **settings: str) -> None:
        """Start it; settings are environment variables without their prefix, and last until they are changed."""
        self.environment |= {f"NAS_OPERATOR_{name}": value for name, value in settings.items()}
        argv = leashed(self._cluster, "-m", "nas_operator", "run")
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(argv, env=self.environment, stdout=log, stderr=log, start_new_session=True)

    def kill(self) -> None:
        """End it with SIGKILL, as a lost node would."""
        assert self._process, "the operator was not started"
        assert self._process.poll() is None, f"the operator has ended by itself:\n{self.tail()}"
        self._process.kill()
        self._process.wait()

    def freeze(self) -> None:
        """Stop it in its tracks, as a machine that hangs would; :meth:`wake` lets it go on."""
        self._signal(signal.SIGSTOP)

    def wake(self) -> None:
        """Let it go on where it was stopped."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process, "the operator was not started"
        # All of its processes: nsenter is the first of them.
        os.killpg(self._process.pid, number)

    def ended(self) -> int | None:
        """Return the exit status, None while it runs."""
        assert self._process, "the operator was not started"
        return self._process.poll()

    def keep_up(self) -> None:
        """Start it again if it has ended because its Lease was lost, as the kubelet would."""
        if self._process and self._process.poll() == LEASE_LOST:
            self.start()

    def crash(self) -> None:
        """Kill it and start it again: whatever it was about to write is not written."""
        self.kill()
        self.start()

    def stop(self) -> None:
        """End it with SIGTERM, as Kubernetes does."""
        if self._process and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def restart(self, **settings: str) -> None:
        """Stop it and start it, perhaps with other settings."""
        self.stop()
        self.start(**settings)

    def metrics(self) -> str:
        """Return its own metrics page, read as the administrator."""
        status, page = self.scraped(self._cluster.admin_token)
        assert status == 200, page
        return page

    def scraped(self, token: str) -> tuple[int, str]:
        """Return status and text of its own metrics page for whoever has this token; empty: none."""
        return fetch(self._cluster, f"http://127.0.0.1:{self.metrics_port}/metrics", token)

    def healthy(self) -> bool:
        """Whether it says that it is well; before it has started it says nothing."""
        assert self._process, "the operator was not started"
        assert self._process.poll() is None, f"the operator has ended by itself:\n{self.tail()}"
        try:
            return fetch(self._cluster, f"http://127.0.0.1:{self.health_port}/healthz")[0] == 200
        except subprocess.CalledProcessError:
            return False

    def usage(self) -> Usage:
        """Return what it has used since its start."""
        assert self._process, "the operator was not started"
        proc = Path(f"/proc/{self._process.pid}")
        fields = (proc / "stat").read_text().rpartition(")")[2].split()
        peak = next(line for line in (proc / "status").read_text().splitlines() if line.startswith("VmHWM:"))
        return Usage((int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), int(peak.split()[1]) * 1024)

    def tail(self, lines: int = 60) -> str:
        """Return the end of its log."""
        return "\n".join(self.log.read_text().splitlines()[-lines:]) if self.log.exists() else ""
