"""The kubelet: the node's agent, configured for a machine that is also someone's workstation."""

import json
from pathlib import Path

from nas_dev.cluster.certs import NODE_NAME
from nas_dev.cluster.network import NODE_IP, nsenter_prefix
from nas_dev.cluster.process import Daemon

MAX_PODS = 110


def kubelet_config(directory: Path, cgroup: str) -> str:
    """Return the kubelet's configuration.

    It never removes images (they cannot be pulled again), works with swap and cgroup version 1, and makes no
    iptables chains, which it would leave behind.
    """
    pki = directory / "pki"
    one_percent = dict.fromkeys(("nodefs.available", "imagefs.available", "nodefs.inodesFree"), "1%")
    return json.dumps(
        {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "address": NODE_IP,
            "authentication": {
                "anonymous": {"enabled": False},
                "webhook": {"enabled": True},
                "x509": {"clientCAFile": str(pki / "ca.crt")},
            },
            "authorization": {"mode": "Webhook"},
            "cgroupDriver": "cgroupfs",
            "cgroupRoot": f"/{cgroup}",
            "clusterDomain": "cluster.local",
            "containerRuntimeEndpoint": f"unix://{directory}/containerd.sock",
            "evictionHard": {"memory.available": "100Mi", **one_percent},
            "failCgroupV1": False,
            "failSwapOn": False,
            "imageGCHighThresholdPercent": 100,
            "imageGCLowThresholdPercent": 99,
            "kubeAPIQPS": 200,
            "kubeAPIBurst": 400,
            "makeIPTablesUtilChains": False,
            "maxPods": MAX_PODS,
            "podLogsDir": str(directory / "pod-logs"),
            "registerNode": True,
            "resolvConf": str(directory / "resolv.conf"),
            "serializeImagePulls": False,
            "volumePluginDir": str(directory / "volume-plugins"),
        },
        indent=1,
    )


def daemon(cluster: str, directory: Path, kube: Path, cgroup: str) -> Daemon:
    """Return the kubelet, after writing its configuration."""
    config = kubelet_config(directory, cgroup)
    (directory / "kubelet.json").write_text(config)
    (directory / "resolv.conf").write_text("")
    state = directory / "kubelet"
    argv = [
        *nsenter_prefix(cluster),
        kube,
        "kubelet",
        f"--config={directory / 'kubelet.json'}",
        f"--kubeconfig={directory / 'pki' / 'kubelet.kubeconfig'}",
        f"--root-dir={state}",
        f"--cert-dir={state / 'pki'}",
        f"--hostname-override={NODE_NAME}",
        f"--node-ip={NODE_IP}",
    ]
    return Daemon("kubelet", directory, argv, lambda: True, config=config)
