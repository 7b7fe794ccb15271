"""Nodes that do not exist, for tests of scale: kwok reports what a kubelet would, and no container runs.

Its pods run for two seconds and succeed (``dev/kwok/stages.yaml``). Only pods that tolerate the taint get there, so a
cluster's real node is used as before. Their addresses lead nowhere.
"""

from pathlib import Path
from typing import Any

from nas_dev.cache import Input, build_once, entry_path
from nas_dev.cluster.network import NODE_IP, nsenter_prefix
from nas_dev.cluster.process import Daemon
from nas_dev.paths import REPOSITORY
from nas_dev.setup.go_program import go_build
from nas_dev.steps import Steps

SOURCES = REPOSITORY / "dev" / "kwok"
STAGES = SOURCES / "stages.yaml"
_INPUTS: list[Input] = [SOURCES / "go.mod", SOURCES / "go.sum"]

POD_CIDR = "10.245.0.0/16"
LABEL = "nas-dev/fake"
"""Label, annotation and taint of a fake node, each with the value ``true``."""
NODE_SELECTOR = {LABEL: "true"}
TOLERATIONS = [{"key": LABEL, "operator": "Exists", "effect": "NoSchedule"}]


def build(steps: Steps) -> Path:
    """Return kwok's program, built at first (three minutes)."""

    def make(directory: Path) -> None:
        with steps.step("kwok (fake nodes, built from its modules)"):
            go_build(steps, "kwok", SOURCES, directory / "kwok", "sigs.k8s.io/kwok/cmd/kwok")

    return build_once("kwok", _INPUTS, make) / "kwok"


def daemon(cluster: str, directory: Path) -> Daemon:
    """Return the process that plays the kubelet of every fake node of a cluster."""
    argv = [
        *nsenter_prefix(cluster),
        entry_path("kwok", _INPUTS) / "kwok",
        f"--kubeconfig={directory / 'pki' / 'admin.kubeconfig'}",
        f"--config={STAGES}",
        "--manage-all-nodes=false",  # the real node is its kubelet's
        f"--manage-nodes-with-annotation-selector={LABEL}=true",
        f"--cidr={POD_CIDR}",
        f"--node-ip={NODE_IP}",
    ]
    return Daemon("kwok", directory, argv, lambda: True, config=STAGES.read_text())


def nodes(count: int) -> list[dict[str, Any]]:
    """Return fake nodes; kwok gives them room for more pods than any test has."""
    mark = {LABEL: "true"}
    return [
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": f"fake-{number}", "labels": mark, "annotations": mark},
            "spec": {"taints": [{"key": LABEL, "value": "true", "effect": "NoSchedule"}]},
        }
        for number in range(count)
    ]
