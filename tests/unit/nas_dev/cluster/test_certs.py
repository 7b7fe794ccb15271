"""What clients are told."""

import json
from pathlib import Path

from nas_dev.cluster import certs


def test_kubeconfigs_are_complete() -> None:
    config = json.loads(certs.kubeconfig("https://x:1", Path("/ca"), "secret"))
    assert config["clusters"][0]["cluster"] == {"server": "https://x:1", "certificate-authority": "/ca"}
    assert config["current-context"] == config["contexts"][0]["name"]
