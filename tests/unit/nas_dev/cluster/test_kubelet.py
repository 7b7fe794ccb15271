"""What the kubelet is told."""

import json
from pathlib import Path

from nas_dev.cluster import kubelet

HERE = Path("/state/dev")


def test_kubelet_keeps_to_its_cgroup_and_leaves_no_firewall_rules() -> None:
    config = json.loads(kubelet.kubelet_config(HERE, "nas-dev"))
    assert config["cgroupRoot"] == "/nas-dev"
    assert config["makeIPTablesUtilChains"] is False
    assert config["maxPods"] == 110
