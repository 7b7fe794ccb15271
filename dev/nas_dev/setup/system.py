"""The few things that come from the distribution: only what is missing is installed, and no service is started.

Debian starts a package's services as soon as it is installed. The tool wants the programs alone, so while it
installs, a policy says no to every start, and services that packages enabled are disabled again.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from nas_dev.steps import Steps

PACKAGES = (
    "buildah",
    "ca-certificates",
    "chromium",
    "conntrack",
    "containerd",
    "containernetworking-plugins",
    "debootstrap",
    "gcc",
    "git",
    "iproute2",
    "iptables",
    "libc6-dev",
    "nftables",
    "npm",
    "openssl",
    "prometheus",
    "python3-venv",
    "runc",
    "unzip",
    "util-linux",
)
COMMANDS = ("git", "npm")
"""Packages whose command may well come from elsewhere, and which would conflict with it."""
SERVICES = ("containerd", "prometheus")
POLICY = Path("/usr/sbin/policy-rc.d")


def missing(packages: Sequence[str] = PACKAGES) -> list[str]:
    """Return the packages that are not installed."""
    query = ["dpkg-query", "--show", "--showformat=${binary:Package} ${db:Status-Status}\n", *packages]
    output = subprocess.run(query, capture_output=True, text=True, check=False).stdout
    installed = {line.split()[0].split(":")[0] for line in output.splitlines() if line.endswith(" installed")}
    return [p for p in packages if p not in installed and not (p in COMMANDS and shutil.which(p))]


@contextmanager
def _no_service_starts() -> Iterator[None]:
    """Refuse every start of a service for the duration, leaving a policy that was there before alone."""
    if POLICY.exists():
        yield
        return
    # 101 is what policy-rc.d says for "not allowed".
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink()


def install(steps: Steps, packages: Sequence[str] = PACKAGES) -> None:
    """Install what is missing, fetching the package lists only when there are none or they are too old to serve."""
    wanted = missing(packages)
    if not wanted:
        return
    if os.geteuid() != 0:
        raise SystemExit(f"missing packages: {' '.join(wanted)}; install them, or run this as root")
    if not shutil.which("apt-get"):
        raise SystemExit(f"missing: {' '.join(wanted)}; the embedded cluster is for Debian and its relatives")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "install", "--yes", "--no-install-recommends", *wanted]
    with steps.step(f"system packages ({len(wanted)})"), _no_service_starts():
        if not any(Path("/var/lib/apt/lists").glob("*_Packages*")):
            steps.command("apt-get update", ["apt-get", "update"], env=environment)
        try:
            steps.command("apt-get install", command, env=environment)
        # Lists that are too old name versions that the mirror no longer has.
        except RuntimeError:
            steps.command("apt-get update", ["apt-get", "update"], env=environment)
            steps.command("apt-get install", command, env=environment)
        for service in SERVICES:
            if service in wanted and shutil.which("systemctl"):
                subprocess.run(["systemctl", "disable", service], capture_output=True, check=False)
