"""One network namespace holds a whole cluster, so that the host keeps no bridge, no route and no firewall rule.

Inside, a bridge joins the pods and its address is the node's; service addresses are routed to the bridge so that the
node's own programs reach them, and kube-proxy rewrites them there. There is no route out: what a pod needs is inside.
``nsenter`` is used throughout, as ``ip netns exec`` remounts ``/sys`` and so hides the cgroups from the kubelet.
"""

import socket
import subprocess
from pathlib import Path

NODE_IP = "10.244.0.1"
POD_CIDR = "10.244.0.0/24"
SERVICE_CIDR = "10.96.0.0/16"
BRIDGE = "cni0"


def namespace(cluster: str) -> str:
    """Return the name of a cluster's network namespace."""
    return f"nas-{cluster}"


def namespace_path(cluster: str) -> Path:
    """Return the file that stands for a cluster's network namespace."""
    return Path("/run/netns") / namespace(cluster)


def nsenter_prefix(cluster: str) -> list[str]:
    """Return what to put before a command to run it inside a cluster's network."""
    return ["nsenter", f"--net={namespace_path(cluster)}", "--"]


def _inside(cluster: str, *argv: str) -> None:
    subprocess.run([*nsenter_prefix(cluster), *argv], check=True, capture_output=True)


def exists(cluster: str) -> bool:
    """Whether the cluster's network namespace exists and is mounted."""
    path = namespace_path(cluster)
    return path.exists() and any(f" {path} " in line for line in Path("/proc/mounts").read_text().splitlines())


def create(cluster: str) -> None:
    """Make the namespace with its bridge, unless it is there."""
    if exists(cluster):
        return
    # A restart of the machine may leave the file without the mount that made it a namespace.
    namespace_path(cluster).unlink(missing_ok=True)
    subprocess.run(["ip", "netns", "add", namespace(cluster)], check=True, capture_output=True)
    _inside(cluster, "ip", "link", "set", "lo", "up")
    _inside(cluster, "ip", "link", "add", BRIDGE, "type", "bridge")
    _inside(cluster, "ip", "address", "add", f"{NODE_IP}/24", "dev", BRIDGE)
    _inside(cluster, "ip", "link", "set", BRIDGE, "up")
    _inside(cluster, "ip", "route", "add", SERVICE_CIDR, "dev", BRIDGE)
    _inside(cluster, "sysctl", "-qw", "net.ipv4.ip_forward=1")


def delete(cluster: str) -> None:
    """Remove the namespace; its interfaces, routes and rules end with it."""
    if exists(cluster):
        subprocess.run(["ip", "netns", "delete", namespace(cluster)], check=True, capture_output=True)


def free_port(taken: set[int], start: int = 20_000, end: int = 30_000) -> int:
    """Return a loopback port that nothing listens on and that is not in ``taken``.

    The range lies below the kernel's ephemeral ports, so no outgoing connection takes it before its server starts.
    """
    for port in range(start, end):
        if port in taken:
            continue
        with socket.socket() as probe:
            # As the server will ask for it: a port in TIME_WAIT is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError(f"no free port between {start} and {end}")
