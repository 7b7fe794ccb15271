"""A whole cluster: what it consists of, and bringing it up and down.

``up`` may be called at any time: it starts what does not run, restarts what runs with an outdated configuration, and
leaves the rest alone. ``down`` leaves nothing on the machine but the state, and with ``wipe`` not that either.
"""

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nas_dev.cache import locked
from nas_dev.cluster import certs, dns, forward, kubelet, kwok, network, pause
from nas_dev.cluster.api_server import reader
from nas_dev.cluster.containers import Containers
from nas_dev.cluster.control_plane import API_PORT, ControlPlane
from nas_dev.cluster.image_store import Image, load
from nas_dev.cluster.process import Daemon
from nas_dev.cluster.prometheus import PORT as PROMETHEUS_PORT
from nas_dev.cluster.prometheus import Prometheus, access
from nas_dev.cluster.s3 import PORT as S3_PORT
from nas_dev.cluster.s3 import S3
from nas_dev.paths import REPOSITORY, cluster_directory
from nas_dev.setup import helm, kubernetes_build, python_tools
from nas_dev.steps import Steps

PORT_NAMES = ("api", "s3", "prometheus")


@dataclass(frozen=True)
class Component:
    """One line of a cluster's status."""

    name: str
    pid: int | None
    healthy: bool
    where: str = ""


class Cluster:
    """One embedded cluster, by name; several can run side by side."""

    def __init__(self, name: str = "dev", steps: Steps | None = None) -> None:
        if not name.isalnum() or len(name) > 12:
            raise ValueError("a cluster's name is 1 to 12 letters and digits")
        self.name = name
        self.directory = cluster_directory(name)
        self.steps = steps or Steps()
        self._settings_file = self.directory / "cluster.json"

    # ---- what it is made of

    def _settings(self) -> dict[str, Any]:
        """Return the cluster's ports and keys, chosen once and kept until it is wiped."""
        if self._settings_file.exists():
            settings: dict[str, Any] = json.loads(self._settings_file.read_text())
            return settings
        # Those of clusters that are down as well: they come back with the same ports.
        taken = {
            port
            for other in self.directory.parent.glob("*/cluster.json")
            for port in json.loads(other.read_text())["ports"].values()
        }
        ports: dict[str, int] = {}
        for name in PORT_NAMES:
            ports[name] = network.free_port(taken | set(ports.values()))
        settings = {
            "ports": ports,
            "s3AccessKey": f"nas{secrets.token_hex(8)}",
            "s3SecretKey": secrets.token_hex(20),
        }
        self.directory.mkdir(parents=True, exist_ok=True)
        self._settings_file.write_text(json.dumps(settings, indent=1))
        self._settings_file.chmod(0o600)
        return settings

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig for programs on the host."""
        return self.directory / "kubeconfig"

    @property
    def admin_token(self) -> str:
        """The administrator's token."""
        return (self.directory / "pki" / "admin.token").read_text()

    @property
    def inner_kubeconfig(self) -> Path:
        """The administrator's kubeconfig for programs started with ``nsenter_prefix``."""
        return self.directory / "pki" / "admin.kubeconfig"

    @property
    def server(self) -> str:
        """The API server's URL on the host."""
        return f"https://127.0.0.1:{self._settings()['ports']['api']}"

    @property
    def nsenter_prefix(self) -> list[str]:
        """What to put before a command to run it inside the cluster's network."""
        return network.nsenter_prefix(self.name)

    @property
    def s3(self) -> S3:
        """The cluster's S3 server."""
        settings = self._settings()
        keys = (settings["s3AccessKey"], settings["s3SecretKey"])
        return S3(self.name, self.directory, python_tools.weed_binary(), *keys, settings["ports"]["s3"])

    @property
    def prometheus(self) -> Prometheus:
        """The cluster's Prometheus."""
        return Prometheus(self.name, self.directory, self._settings()["ports"]["prometheus"])

    @property
    def containers(self) -> Containers:
        """The cluster's containerd."""
        return Containers(self.name, self.directory)

    @property
    def _control_plane(self) -> ControlPlane:
        kube = kubernetes_build.binary()
        return ControlPlane(self.name, self.directory, kube, self._settings()["ports"]["api"])

    def _kubelet(self) -> Daemon:
        return kubelet.daemon(self.name, self.directory, kubernetes_build.binary(), self.containers.cgroup)

    def _forwarder(self) -> Daemon:
        ports = self._settings()["ports"]
        inside = {"api": ("127.0.0.1", API_PORT), "s3": (network.NODE_IP, S3_PORT)}
        inside["prometheus"] = (network.NODE_IP, PROMETHEUS_PORT)
        mappings = [f"{ports[name]}={address}:{port}" for name, (address, port) in inside.items()]
        path = network.namespace_path(self.name)
        argv = [sys.executable, "-m", "nas_dev.cluster.forward", f"--netns={path}", *mappings]
        # The namespace's identity is part of the configuration: a new one needs a forwarder that has entered it.
        identity = str(path.stat().st_ino) if path.exists() else ""
        source = Path(forward.__file__).read_text()
        env = {"PYTHONPATH": str(REPOSITORY / "dev")}
        return Daemon("forwarder", self.directory, argv, lambda: True, env=env, config=identity + source)

    def _names(self) -> Daemon:
        token = self.directory / "pki" / "kube-proxy.token"
        return reader("dns", self.name, self.directory, dns, token)

    def _daemons(self) -> dict[str, Daemon]:
        """Return all daemons by name, in the order in which they start."""
        plane, prometheus = self._control_plane, self.prometheus
        first = [self._forwarder(), plane.etcd(), self.containers.daemon(), self.s3.daemon(), plane.apiserver()]
        then = [plane.controller_manager(), plane.scheduler(), plane.proxy(), self._names(), self._kubelet()]
        last = [prometheus.discovery(), prometheus.daemon()]
        return {daemon.name: daemon for daemon in (*first, *then, *last)}

    # ---- up and down

    def up(self) -> None:
        """Bring everything up and wait until the node is ready."""
        start = time.monotonic()
        with locked(self.directory.with_suffix(".lock")):
            kubernetes_build.build(self.steps)
            python_tools.weed(self.steps)
            pause_image = pause.image(self.steps)
            certs.create(self.directory / "pki")
            authority = self.directory / "pki" / "ca.crt"
            self.kubeconfig.write_text(certs.kubeconfig(self.server, authority, self.admin_token))
            self.kubeconfig.chmod(0o600)
            network.create(self.name)
            self.containers.create_cgroup()
            daemons = self._daemons()
            with self.steps.step("API server", quiet_below=0.5):
                for name in ("forwarder", "etcd", "containerd", "s3", "kube-apiserver"):
                    daemons[name].start()
                daemons["containerd"].wait()
                # While the API server starts, which takes longest. No pod starts without the pause image.
                load(self.containers, pause_image)
                daemons["kube-apiserver"].wait()
            with self.steps.step("controllers and node", quiet_below=0.5):
                for daemon in daemons.values():
                    daemon.start()
                self.apply(*access())
                daemons["kube-controller-manager"].wait()
                self._wait_for_node(daemons["kubelet"])
            with self.steps.step("S3 and Prometheus", quiet_below=0.5):
                daemons["s3"].wait()
                daemons["prometheus"].wait()
        self.steps.say(f"cluster {self.name} is up ({time.monotonic() - start:.1f} s); kubeconfig: {self.kubeconfig}")

    def down(self, wipe: bool = False) -> None:
        """Stop everything and undo every change to the machine; with ``wipe`` the state goes too."""
        with locked(self.directory.with_suffix(".lock")):
            if self.directory.exists():
                with self.steps.step(f"stop cluster {self.name}"):
                    self._stop_everything()
            if wipe:
                shutil.rmtree(self.directory, ignore_errors=True)

    def _stop_everything(self) -> None:
        daemons = self._daemons()
        kwok.daemon(self.name, self.directory).stop()
        # The kubelet before the pods: it would start them again.
        daemons.pop("kubelet").stop()
        containerd = daemons.pop("containerd")
        if containerd.pid() is not None:
            self.containers.kill_pods()
            self.containers.forget_all()
        containerd.stop()
        self.containers.clean_up()
        # What the others talk to ends last.
        last = [daemons.pop(name) for name in ("kube-apiserver", "etcd", "forwarder")]
        self.steps.parallel(*(daemon.stop for daemon in daemons.values()))
        for daemon in last:
            daemon.stop(grace=2)
        network.delete(self.name)
        # Pods that were killed never gave their addresses back.
        shutil.rmtree(self.directory / "cni-addresses", ignore_errors=True)

    def _wait_for_node(self, daemon: Daemon, timeout: float = 60.0) -> None:
        deadline = time.monotonic() + timeout
        while not self.node_ready():
            if daemon.pid() is None or time.monotonic() > deadline:
                # So that wait() fails at once, with the end of the log in its message.
                daemon.timeout = 0
                daemon.ready = lambda: False
                daemon.wait()
            time.sleep(0.1)

    def restart_apiserver(self) -> None:
        """Stop the API server and start it again, as an upgrade of the control plane would."""
        daemon = self._control_plane.apiserver()
        daemon.stop(grace=1)  # it would wait 10 s and more for its watchers to leave
        daemon.start()
        daemon.wait()

    def freeze_apiserver(self) -> None:
        """Stop the API server in its tracks, as a machine that hangs would; :meth:`wake_apiserver` lets it go on."""
        self._control_plane.apiserver().send_signal(signal.SIGSTOP)

    def wake_apiserver(self) -> None:
        """Let it go on where it was stopped."""
        self._control_plane.apiserver().send_signal(signal.SIGCONT)

    # ---- using it

    def kubectl(self, *arguments: str, stdin: str | None = None, check: bool = True) -> str:
        """Run kubectl as the administrator and return what it prints."""
        argv = [str(kubernetes_build.binary()), "kubectl", f"--kubeconfig={self.kubeconfig}", *arguments]
        done = subprocess.run(argv, input=stdin, capture_output=True, text=True, check=False)
        if check and done.returncode:
            raise RuntimeError(f"kubectl {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def apply(self, *objects: dict[str, Any]) -> None:
        """Create or update objects."""
        listing = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
        self.kubectl("apply", "--filename=-", stdin=json.dumps(listing))

    def node_ready(self) -> bool:
        """Whether the node is ready for pods."""
        path = "{.status.conditions[?(@.type=='Ready')].status}"
        return self.kubectl("get", "node", certs.NODE_NAME, f"--output=jsonpath={path}", check=False) == "True"

    def set_gpus(self, count: int, resource: str = "nvidia.com/gpu") -> None:
        """Let the node offer GPUs that do not exist; the scheduler honours them, and pods get no device."""
        patch = json.dumps({"status": {key: {resource: str(count)} for key in ("capacity", "allocatable")}})
        node = certs.NODE_NAME
        self.kubectl("patch", "node", node, "--subresource=status", "--type=merge", f"--patch={patch}")
        # In JSONPath a dot within a name is escaped.
        path = "{.status.allocatable." + resource.replace(".", "\\.") + "}"
        deadline = time.monotonic() + 30
        while self.kubectl("get", "node", node, f"--output=jsonpath={path}") != str(count):
            if time.monotonic() > deadline:
                raise RuntimeError(f"the node does not offer {count} {resource}")
            time.sleep(0.2)

    def add_fake_nodes(self, count: int) -> None:
        """Add nodes that do not exist: pods that tolerate them run without a container (`nas_dev.cluster.kwok`)."""
        kwok.build(self.steps)
        kwok.daemon(self.name, self.directory).start()
        self.apply(*kwok.nodes(count))
        selector = f"--selector={kwok.LABEL}=true"
        self.kubectl("wait", "nodes", selector, "--for=condition=Ready", "--timeout=60s")

    def load_image(self, image: Image) -> bool:
        """Give an image to the cluster's node; returns False when it had it already."""
        with locked(self.directory.with_suffix(".images.lock")):
            return load(self.containers, image)

    def is_running(self) -> bool:
        """Whether every daemon runs and the API server answers."""
        return network.exists(self.name) and all(daemon.is_ready() for daemon in self._daemons().values())

    def status(self) -> list[Component]:
        """Return how each component is."""
        where = {
            "forwarder": self.server,
            "kube-apiserver": self.server,
            "s3": f"{self.s3.host_endpoint} (pods: {self.s3.pod_endpoint})",
            "prometheus": f"{self.prometheus.host_url} (pods: {self.prometheus.pod_url})",
        }
        lines = []
        for daemon in self._daemons().values():
            lines.append(Component(daemon.name, daemon.pid(), daemon.is_ready(), where.get(daemon.name, "")))
        ready = self._control_plane.api_ready() and self.node_ready()
        lines.append(Component(f"node {certs.NODE_NAME}", None, ready, "Ready" if ready else "not ready"))
        return lines

    def environment(self) -> dict[str, str]:
        """Return the variables with which programs on the host find the cluster."""
        s3 = self.s3
        programs = (str(kubernetes_build.binary().parent), str(helm.binary().parent), os.environ["PATH"])
        return {
            "KUBECONFIG": str(self.kubeconfig),
            "AWS_ENDPOINT_URL": s3.host_endpoint,
            "AWS_ACCESS_KEY_ID": s3.access_key,
            "AWS_SECRET_ACCESS_KEY": s3.secret_key,
            "AWS_DEFAULT_REGION": s3.region,
            "PROMETHEUS_URL": self.prometheus.host_url,
            "PATH": os.pathsep.join(programs),
        }
