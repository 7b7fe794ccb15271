"""Prometheus, scraping every pod that asks for it by annotation, as a cluster's own Prometheus commonly does."""

import json
from dataclasses import dataclass
from pathlib import Path

from nas_dev.cluster import discovery
from nas_dev.cluster.api_server import reader
from nas_dev.cluster.network import NODE_IP, nsenter_prefix
from nas_dev.cluster.process import Daemon
from nas_dev.cluster.s3 import answers

PORT = 9090
USER = "nas-dev:prometheus"


def scrape_config(pods: Path, operators: Path, token: Path) -> str:
    """Return Prometheus's configuration (JSON, which is YAML): files with the targets, and the token for operators."""
    jobs = [
        {"job_name": "pods", "file_sd_configs": [{"files": [str(pods)]}]},
        {
            "job_name": "operators",
            "file_sd_configs": [{"files": [str(operators)]}],
            "authorization": {"credentials_file": str(token)},
        },
    ]
    intervals = {"scrape_interval": "2s", "scrape_timeout": "2s", "evaluation_interval": "2s"}
    return json.dumps({"global": intervals, "scrape_configs": jobs}, indent=1)


def access() -> list[dict[str, object]]:
    """Return the objects that let Prometheus's user discover pods and read operators' pages, and do nothing else."""
    group = "rbac.authorization.k8s.io"
    name = {"name": USER}
    rules = [
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]},
        {"nonResourceURLs": ["/metrics"], "verbs": ["get"]},
    ]
    return [
        {"apiVersion": f"{group}/v1", "kind": "ClusterRole", "metadata": name, "rules": rules},
        {
            "apiVersion": f"{group}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": name,
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": USER},
            "subjects": [{"apiGroup": group, "kind": "User", "name": USER}],
        },
    ]


@dataclass(frozen=True)
class Prometheus:
    """One cluster's Prometheus."""

    cluster: str
    directory: Path
    host_port: int

    @property
    def pod_url(self) -> str:
        """The URL that pods use, and whatever runs inside the cluster's network."""
        return f"http://{NODE_IP}:{PORT}"

    @property
    def host_url(self) -> str:
        """The URL for programs on the host."""
        return f"http://127.0.0.1:{self.host_port}"

    @property
    def _pods(self) -> Path:
        return self.directory / "scrape-targets.json"

    @property
    def _operators(self) -> Path:
        return self.directory / "scrape-operators.json"

    @property
    def _token(self) -> Path:
        return self.directory / "pki" / "prometheus.token"

    def daemon(self) -> Daemon:
        """Return Prometheus, after writing its configuration."""
        config = scrape_config(self._pods, self._operators, self._token)
        file = self.directory / "prometheus.yaml"
        file.write_text(config)
        argv = [
            *nsenter_prefix(self.cluster),
            "prometheus",
            f"--config.file={file}",
            f"--storage.tsdb.path={self.directory / 'prometheus'}",
            "--storage.tsdb.retention.time=7d",
            f"--web.listen-address=0.0.0.0:{PORT}",
            "--web.enable-lifecycle",
            "--web.enable-admin-api",
            "--log.level=warn",
        ]
        return Daemon("prometheus", self.directory, argv, lambda: answers(f"{self.host_url}/-/ready"), config=config)

    def discovery(self) -> Daemon:
        """Return what finds the pods to scrape."""
        files = f"--output={self._pods}", f"--operators={self._operators}"
        return reader("discovery", self.cluster, self.directory, discovery, self._token, *files)

    def start(self) -> None:
        """Start it and wait until it answers."""
        daemon = self.daemon()
        daemon.start()
        daemon.wait()

    def stop(self) -> None:
        """Stop it, as an outage would; its data stays."""
        self.daemon().stop()

    def restart(self) -> None:
        """Stop and start it."""
        self.stop()
        self.start()
