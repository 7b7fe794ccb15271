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
    # A workstation's disk is often nearly full: at the default of 10 to 15 % every pod would be evicted.
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
            "clusterDNS": [NODE_IP],
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
            # These default to places of the whole machine, such as /var/log/pods.
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
    # Empty: the machine's name servers cannot be reached from the cluster's network.
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
    # Ready at once: whether the node is ready, the API server is asked.
    return Daemon("kubelet", directory, argv, lambda: True, config=config)
