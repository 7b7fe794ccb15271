"""The control plane: etcd, the API server, the controller manager and the scheduler, each a daemon of its own.

etcd skips fsync (the state is disposable, and syncing it is most of what a small cluster waits for). The controller
manager's API rate is raised: its default of 20 requests a second makes Jobs' pods appear at 8 a second.
"""

from collections.abc import Callable
from pathlib import Path

from nas_dev.cluster.api_server import ApiServer
from nas_dev.cluster.certs import NODE_NAME
from nas_dev.cluster.network import NODE_IP, SERVICE_CIDR, nsenter_prefix
from nas_dev.cluster.process import Daemon

API_PORT = 6443


class ControlPlane:
    """The daemons of one cluster's control plane."""

    def __init__(self, cluster: str, directory: Path, kube: Path, host_api_port: int) -> None:
        self._cluster = cluster
        self._directory = directory
        self._kube = kube
        self._pki = directory / "pki"
        self._host_api_port = host_api_port

    def _daemon(self, name: str, arguments: list[str], ready: Callable[[], bool] = lambda: True) -> Daemon:
        return Daemon(name, self._directory, [*nsenter_prefix(self._cluster), self._kube, name, *arguments], ready)

    def etcd(self) -> Daemon:
        """Return etcd; it is ready when the API server is."""
        client, peer = "http://127.0.0.1:2379", "http://127.0.0.1:2380"
        arguments = ["--name=node", f"--data-dir={self._directory / 'etcd'}", "--unsafe-no-fsync", "--log-level=warn"]
        arguments += [f"--listen-client-urls={client}", f"--advertise-client-urls={client}"]
        arguments += [f"--listen-peer-urls={peer}", f"--initial-advertise-peer-urls={peer}"]
        arguments += [f"--initial-cluster=node={peer}", "--quota-backend-bytes=4294967296"]
        return self._daemon("etcd", arguments)

    def apiserver(self) -> Daemon:
        """Return the API server, with RBAC, the Node authorizer and the default admission plugins (Pod Security)."""
        pki = self._pki
        arguments = [
            "--etcd-servers=http://127.0.0.1:2379",
            "--bind-address=0.0.0.0",
            f"--secure-port={API_PORT}",
            f"--advertise-address={NODE_IP}",
            f"--service-cluster-ip-range={SERVICE_CIDR}",
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction",
            f"--token-auth-file={pki / 'tokens.csv'}",
            f"--client-ca-file={pki / 'ca.crt'}",
            f"--tls-cert-file={pki / 'apiserver.crt'}",
            f"--tls-private-key-file={pki / 'apiserver.key'}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={pki / 'sa.pub'}",
            f"--service-account-signing-key-file={pki / 'sa.key'}",
            f"--kubelet-client-certificate={pki / 'kubelet-client.crt'}",
            f"--kubelet-client-key={pki / 'kubelet-client.key'}",
            # By address: there is no DNS that knows the node's name.
            "--kubelet-preferred-address-types=InternalIP",
            "--allow-privileged=true",
            "--shutdown-delay-duration=0s",
        ]
        return self._daemon("kube-apiserver", arguments, self.api_ready)

    def controller_manager(self) -> Daemon:
        """Return the controller manager; it works when it has made the default service account."""
        pki = self._pki
        config = pki / "controller-manager.kubeconfig"
        arguments = [
            f"--kubeconfig={config}",
            f"--authentication-kubeconfig={config}",
            f"--authorization-kubeconfig={config}",
            f"--service-account-private-key-file={pki / 'sa.key'}",
            f"--root-ca-file={pki / 'ca.crt'}",
            "--use-service-account-credentials",
            "--leader-elect=false",
            "--bind-address=127.0.0.1",
            "--kube-api-qps=1000",
            "--kube-api-burst=2000",
            "--concurrent-job-syncs=20",
            "--concurrent-gc-syncs=20",
        ]
        made = "/api/v1/namespaces/default/serviceaccounts/default"
        return self._daemon("kube-controller-manager", arguments, lambda: self._get(made))

    def scheduler(self) -> Daemon:
        """Return the scheduler."""
        config = self._pki / "scheduler.kubeconfig"
        arguments = [f"--kubeconfig={config}", f"--authentication-kubeconfig={config}"]
        arguments += [f"--authorization-kubeconfig={config}", "--leader-elect=false", "--bind-address=127.0.0.1"]
        return self._daemon("kube-scheduler", arguments)

    def proxy(self) -> Daemon:
        """Return kube-proxy. It hides pods' addresses from services, so that answers on one bridge come back."""
        arguments = [
            f"--kubeconfig={self._pki / 'kube-proxy.kubeconfig'}",
            "--proxy-mode=nftables",
            "--masquerade-all",
            "--conntrack-max-per-core=0",  # leaves the machine's limits as they are
            f"--hostname-override={NODE_NAME}",
            f"--bind-address={NODE_IP}",
            "--metrics-bind-address=127.0.0.1:10249",
            "--healthz-bind-address=127.0.0.1:10256",
        ]
        return self._daemon("kube-proxy", arguments)

    def api_ready(self) -> bool:
        """Whether the API server answers through the host's forwarded port."""
        return self._answers("/readyz")

    def _get(self, path: str) -> bool:
        return self._answers(path, (self._pki / "admin.token").read_text())

    def _answers(self, path: str, token: str | None = None) -> bool:
        """Whether a path of the API server answers with success."""
        server = ApiServer(f"https://127.0.0.1:{self._host_api_port}", self._pki / "ca.crt", token)
        try:
            with server.open(path, timeout=2) as response:
                return response.status == 200
        except OSError:
            return False
