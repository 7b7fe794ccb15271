"""What Prometheus may read and is told."""

import json
from pathlib import Path

from nas_dev.cluster import certs, prometheus

HERE = Path("/state/dev")


def test_prometheus_may_only_read_pods_and_pages() -> None:
    role, binding = prometheus.access()
    assert role["rules"] == [
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]},
        {"nonResourceURLs": ["/metrics"], "verbs": ["get"]},
    ]
    assert binding["subjects"][0]["name"] == certs.USERS["prometheus"][0]  # type: ignore[index]


def test_only_operators_see_its_token() -> None:
    config = json.loads(prometheus.scrape_config(HERE / "pods.json", HERE / "operators.json", HERE / "token"))
    assert config["global"]["scrape_interval"] == "2s"
    pods, operators = config["scrape_configs"]
    assert "authorization" not in pods
    assert operators["authorization"] == {"credentials_file": str(HERE / "token")}
