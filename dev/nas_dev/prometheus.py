"""Prometheus, scraping every pod that asks for it by annotation, as a cluster's own Prometheus commonly does."""

import json
from dataclasses import dataclass
from pathlib import Path

from nas_dev.network import NODE_IP, nsenter_prefix
from nas_dev.process import Daemon
from nas_dev.s3 import answers

PORT = 9090
USER = "nas-dev:prometheus"


def scrape_config(pki: Path) -> str:
    """Return Prometheus's configuration (JSON, which is YAML).

    A pod annotated ``prometheus.io/scrape: "true"`` is scraped at ``prometheus.io/port`` and ``prometheus.io/path``
    (default ``/metrics``), and its series carry ``namespace`` and ``pod``.
    """
    annotation = "__meta_kubernetes_pod_annotation_prometheus_io_"
    relabel: list[dict[str, object]] = [
        {"source_labels": [f"{annotation}scrape"], "action": "keep", "regex": "true"},
        {"source_labels": ["__meta_kubernetes_pod_phase"], "action": "drop", "regex": "Pending|Succeeded|Failed"},
        {"source_labels": [f"{annotation}path"], "action": "replace", "target_label": "__metrics_path__", "regex": "(.+)"},
        {
            "source_labels": ["__meta_kubernetes_pod_ip", f"{annotation}port"],
            "action": "replace",
            "separator": ":",
            "regex": "(.+):(\\d+)",
            "target_label": "__address__",
            "replacement": "$1:$2",
        },
        {"source_labels": ["__meta_kubernetes_namespace"], "target_label": "namespace"},
        {"source_labels": ["__meta_kubernetes_pod_name"], "target_label": "pod"},
    ]
    pods = {
        "job_name": "pods",
        "kubernetes_sd_configs": [
            {
                "role": "pod",
                "api_server": "https://127.0.0.1:6443",
                "tls_config": {"ca_file": str(pki / "ca.crt")},
                "authorization": {"credentials_file": str(pki / "prometheus.token")},
            }
        ],
        "relabel_configs": relabel,
    }
    intervals = {"scrape_interval": "2s", "scrape_timeout": "2s", "evaluation_interval": "2s"}
    return json.dumps({"global": intervals, "scrape_configs": [pods]}, indent=1)


def access() -> list[dict[str, object]]:
    """Return the objects that let Prometheus's user discover pods, and do nothing else."""
    group = "rbac.authorization.k8s.io"
    name = {"name": USER}
    rule = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}
    return [
        {"apiVersion": f"{group}/v1", "kind": "ClusterRole", "metadata": name, "rules": [rule]},
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

    def daemon(self) -> Daemon:
        """Return Prometheus, after writing its configuration."""
        config = scrape_config(self.directory / "pki")
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
