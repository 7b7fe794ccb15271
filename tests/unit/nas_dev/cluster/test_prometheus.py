"""What Prometheus may read and is told."""

import json
from pathlib import Path

from nas_dev.cluster import certs, prometheus

HERE = Path("/state/dev")


def test_prometheus_may_only_read_pods() -> None:
    role, binding = prometheus.access()
    assert role["rules"] == [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}]
    assert binding["subjects"][0]["name"] == certs.USERS["prometheus"][0]  # type: ignore[index]
    assert json.loads(prometheus.scrape_config(HERE / "t.json"))["global"]["scrape_interval"] == "2s"
