"""The cluster's certificates, tokens and kubeconfigs: made once per cluster, kept until it is wiped."""

import json
import secrets
import subprocess
from collections.abc import Mapping
from pathlib import Path

from nas_dev.cluster.network import NODE_IP

SERVICE_IP = "10.96.0.1"
NODE_NAME = "node1"
SERVING_NAMES = (
    "IP:127.0.0.1",
    f"IP:{SERVICE_IP}",
    f"IP:{NODE_IP}",
    "DNS:localhost",
    "DNS:kubernetes",
    "DNS:kubernetes.default",
    "DNS:kubernetes.default.svc",
    "DNS:kubernetes.default.svc.cluster.local",
)
USERS: Mapping[str, tuple[str, str]] = {
    "admin": ("admin", "system:masters"),
    "controller-manager": ("system:kube-controller-manager", ""),
    "scheduler": ("system:kube-scheduler", ""),
    "kubelet": (f"system:node:{NODE_NAME}", "system:nodes"),
    "kube-proxy": ("system:kube-proxy", ""),
    "prometheus": ("nas-dev:prometheus", ""),
}
"""Who talks to the API server: the user's name and group, by the name of its kubeconfig."""


def _openssl(directory: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=directory, check=True, capture_output=True)


def _sign(directory: Path, name: str, subject: str, extensions: str) -> None:
    """Make a key and a certificate signed by the cluster's authority."""
    (directory / f"{name}.ext").write_text(extensions)
    _openssl(directory, "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", f"{name}.key")
    _openssl(directory, "req", "-new", "-key", f"{name}.key", "-subj", subject, "-out", f"{name}.csr")
    authority = ("-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "3650")
    _openssl(
        directory, "x509", "-req", "-in", f"{name}.csr", *authority, "-out", f"{name}.crt", "-extfile", f"{name}.ext"
    )
    for leftover in ("csr", "ext"):
        (directory / f"{name}.{leftover}").unlink()


def kubeconfig(server: str, authority: Path, token: str) -> str:
    """Return a kubeconfig for one server and one token (JSON, which is YAML)."""
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "nas", "cluster": {"server": server, "certificate-authority": str(authority)}}],
            "users": [{"name": "user", "user": {"token": token}}],
            "contexts": [{"name": "nas", "context": {"cluster": "nas", "user": "user"}}],
            "current-context": "nas",
        },
        indent=1,
    )


def create(directory: Path) -> None:
    """Make everything unless it is there: the last file written says that all are complete."""
    complete = directory / "tokens.csv"
    if complete.exists():
        return
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o700)
    _openssl(directory, "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "ca.key")
    # Python from 3.13 on refuses an authority that does not say it may sign.
    usage = ("-addext", "keyUsage=critical,keyCertSign,cRLSign")
    _openssl(
        directory, "req", "-x509", "-new", "-key", "ca.key", "-days", "3650", "-subj", "/CN=nas-dev", *usage, "-out",
        "ca.crt",
    )  # fmt: skip
    serving = f"subjectAltName={','.join(SERVING_NAMES)}\nextendedKeyUsage=serverAuth\n"
    _sign(directory, "apiserver", "/CN=kube-apiserver", serving)
    # Kubernetes takes O for the group and CN for the user.
    client = "/O=system:masters/CN=kube-apiserver-kubelet-client"
    _sign(directory, "kubelet-client", client, "extendedKeyUsage=clientAuth\n")
    _openssl(directory, "genrsa", "-out", "sa.key", "2048")
    _openssl(directory, "rsa", "-in", "sa.key", "-pubout", "-out", "sa.pub")
    rows = []
    for name, (user, group) in USERS.items():
        token = secrets.token_hex(16)
        rows.append(f'{token},{user},{user},"{group}"\n')
        (directory / f"{name}.token").write_text(token)
        (directory / f"{name}.kubeconfig").write_text(kubeconfig("https://127.0.0.1:6443", directory / "ca.crt", token))
    complete.write_text("".join(rows))
