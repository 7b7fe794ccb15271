"""Kubernetes itself, built once from its published Go modules.

Every component is in one program (see ``dev/kubernetes``): it takes minutes to build, so it is keyed by its sources
and kept. Debian has no recent Kubernetes and container images of it need a registry; Go modules need neither.
"""

import re
from pathlib import Path

from nas_dev.cache import build_once, entry_path
from nas_dev.paths import REPOSITORY
from nas_dev.setup.go_program import go_build
from nas_dev.steps import Steps

SOURCES = REPOSITORY / "dev" / "kubernetes"


def version(go_mod: str) -> str:
    """Return the Kubernetes version that a go.mod asks for, such as ``v1.34.4``."""
    match = re.search(r"^\s*k8s\.io/kubernetes (v\S+)$", go_mod, re.MULTILINE)
    if match is None:
        raise ValueError("go.mod requires no k8s.io/kubernetes")
    return match.group(1)


def linker_flags(kubernetes: str) -> str:
    """Return the flags that put the version into the program, without which ``/version`` says v0.0.0."""
    major, minor = kubernetes.removeprefix("v").split(".")[:2]
    values = {"gitVersion": kubernetes, "gitMajor": major, "gitMinor": minor}
    return "-s -w " + " ".join(f"-X k8s.io/component-base/version.{key}={value}" for key, value in values.items())


def binary() -> Path:
    """Return where the program is once built."""
    return entry_path("kubernetes", [SOURCES]) / "kube"


def build(steps: Steps) -> Path:
    """Build the program unless it is there already."""

    def make(directory: Path) -> None:
        flags = linker_flags(version((SOURCES / "go.mod").read_text()))
        with steps.step("kubernetes (one program, built from its modules)"):
            go_build(steps, "kubernetes", SOURCES, directory / "kube", flags=flags)
        (directory / "kubectl").symlink_to("kube")  # it is what it is called: people find kubectl on their PATH

    return build_once("kubernetes", [SOURCES], make) / "kube"
