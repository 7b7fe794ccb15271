"""containerd: what runs the pods' containers, and what has to be undone when a cluster stops.

Stopping containerd leaves its containers running, each under a shim of its own. So a cluster's end kills whatever is
in the cluster's cgroup, lets containerd forget the containers, stops it, and undoes the mounts that remain.
"""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

from nas_dev.cluster.mounts import unmount_below
from nas_dev.cluster.network import BRIDGE, POD_CIDR, nsenter_prefix
from nas_dev.cluster.process import Daemon

PAUSE_IMAGE = "localhost/nas-pause:1"
CONTROLLERS = Path("/sys/fs/cgroup")


def cgroup_roots() -> list[Path]:
    """Return the roots of the cgroup hierarchies: one for version 2, one a controller for version 1."""
    if (CONTROLLERS / "cgroup.controllers").exists():
        return [CONTROLLERS]
    return [path for path in CONTROLLERS.iterdir() if path.is_dir() and not path.is_symlink()]


def containerd_config(directory: Path) -> str:
    """Return containerd's configuration: all it writes lies below the cluster's directory."""
    # Off: snapshotters for file systems that nobody has here, and the plugin that makes /opt/containerd. Pods' network
    # namespaces lie below the state and not in /run/netns, so they go with the cluster. A lower OOM score than its own
    # may not be given without CAP_SYS_RESOURCE.
    return f"""version = 2
root = "{directory}/containerd/root"
state = "{directory}/containerd/state"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs",
  "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.internal.v1.opt"]
[grpc]
  address = "{directory}/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{PAUSE_IMAGE}"
  disable_apparmor = true
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "/usr/lib/cni"
  conf_dir = "{directory}/cni"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
"""


def cni_config(directory: Path) -> str:
    """Return how pods are joined to the bridge; there is no way out, so no address is rewritten."""
    addresses = {
        "type": "host-local",
        "dataDir": str(directory / "cni-addresses"),
        "ranges": [[{"subnet": POD_CIDR, "rangeStart": "10.244.0.10"}]],
        # To the bridge, where kube-proxy rewrites the addresses of services.
        "routes": [{"dst": "0.0.0.0/0"}],
    }
    bridge = {
        "type": "bridge",
        "bridge": BRIDGE,
        "isGateway": True,
        "ipMasq": False,
        "hairpinMode": True,  # a pod may reach itself through its service
        "ipam": addresses,
    }
    ports = {"type": "portmap", "capabilities": {"portMappings": True}}
    return json.dumps({"cniVersion": "0.4.0", "name": "nas", "plugins": [bridge, ports]}, indent=1)


class Containers:
    """One cluster's containerd."""

    def __init__(self, cluster: str, directory: Path) -> None:
        self._cluster = cluster
        self._directory = directory

    @property
    def cgroup(self) -> str:
        """The cgroup, in every hierarchy, below which all of the cluster's pods are."""
        return f"nas-{self._cluster}"

    def ctr(self, *arguments: str, check: bool = True, stdin: bytes | None = None) -> str:
        """Run ``ctr`` on this containerd and return what it prints."""
        argv = ["ctr", "-a", str(self._directory / "containerd.sock"), "-n", "k8s.io", *arguments]
        done = subprocess.run(argv, capture_output=True, input=stdin, check=False)
        if check and done.returncode:
            raise RuntimeError(f"{' '.join(argv)}: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout.decode()

    def daemon(self) -> Daemon:
        """Return containerd, after writing its configuration."""
        config = containerd_config(self._directory)
        network = cni_config(self._directory)
        (self._directory / "cni").mkdir(parents=True, exist_ok=True)
        (self._directory / "cni" / "10-bridge.conflist").write_text(network)
        (self._directory / "containerd.toml").write_text(config)
        argv = [*nsenter_prefix(self._cluster), "containerd", "-c", self._directory / "containerd.toml"]
        return Daemon("containerd", self._directory, argv, self._answers, config=config + network)

    def _answers(self) -> bool:
        return bool(self.ctr("plugins", "list", "--quiet", check=False))  # "version" prints its own without a server

    def create_cgroup(self) -> None:
        """Make the pods' cgroup; a version 1 cpuset has to be told its processors before it can hold anything."""
        for root in cgroup_roots():
            group = root / self.cgroup
            group.mkdir(exist_ok=True)
            for name in ("cpuset.cpus", "cpuset.mems"):
                if (group / name).exists() and not (group / name).read_text().strip():
                    (group / name).write_text((root / name).read_text())

    def remove_cgroup(self) -> None:
        """Remove the pods' cgroup, deepest first."""
        for root in cgroup_roots():
            group = root / self.cgroup
            if group.is_dir():
                for directory, _, _ in os.walk(group, topdown=False):
                    _rmdir(Path(directory))

    def kill_pods(self) -> None:
        """Kill every process of every pod and wait until they are gone."""
        deadline = time.monotonic() + 15
        # Listed again each time: a process may fork between the listing and its end.
        while pids := self._pod_processes():
            for pid in pids:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
            if time.monotonic() > deadline:
                raise RuntimeError(f"pods' processes do not end: {sorted(pids)}")
            time.sleep(0.02)

    def _pod_processes(self) -> set[int]:
        return {
            int(pid)
            for root in cgroup_roots()
            for listing in (root / self.cgroup).rglob("cgroup.procs")
            for pid in _read(listing).split()
        }

    def forget_all(self) -> None:
        """Let containerd forget all containers, which ends their shims."""
        if tasks := self.ctr("tasks", "list", "-q", check=False).split():
            self.ctr("tasks", "delete", "--force", *tasks, check=False)
        if containers := self.ctr("containers", "list", "-q", check=False).split():
            self.ctr("containers", "delete", *containers, check=False)

    def clean_up(self) -> None:
        """Undo what is left when containerd has stopped: shims that lost it, mounts, cgroups."""
        socket = f"{self._directory}/containerd.sock"
        for entry in Path("/proc").glob("[0-9]*"):
            words = _read(entry / "cmdline").split("\0")
            # Only this cluster's: a shim is started with the socket of its containerd.
            if "containerd-shim" in words[0] and socket in words:
                os.kill(int(entry.name), signal.SIGKILL)
        unmount_below(self._directory)
        self.remove_cgroup()


def _read(path: Path) -> str:
    """Return a file's text, or nothing if it has gone."""
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def _rmdir(path: Path) -> None:
    """Remove a cgroup, which stays busy for a moment after its last process ended."""
    for _ in range(100):
        try:
            path.rmdir()
        except FileNotFoundError:
            return
        except OSError:
            time.sleep(0.02)
        else:
            return
