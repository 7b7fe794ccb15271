"""The chart, rendered by the real Helm."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from nas_dev.setup import helm
from nas_dev.steps import Steps

Objects = dict[tuple[str, str], dict[str, Any]]
Render = Callable[..., Objects]
RunHelm = Callable[..., subprocess.CompletedProcess[str]]
CHART = Path(__file__).parents[3] / "helm" / "nas-operator"


@pytest.fixture(scope="session")
def helm_binary() -> Path:
    return helm.fetch(Steps())


@pytest.fixture(scope="session")
def run_helm(helm_binary: Path) -> RunHelm:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([helm_binary, *arguments], capture_output=True, text=True, check=False)

    return run


@pytest.fixture(scope="session")
def template(run_helm: RunHelm) -> Callable[..., str]:
    """Render the chart as text."""

    def render(*arguments: str) -> str:
        done = run_helm("template", "nas-operator", str(CHART), "--namespace=nas-system", *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return render


@pytest.fixture(scope="session")
def render(template: Callable[..., str]) -> Render:
    """Render the chart and return its objects by kind and name; those of served namespaces by namespace."""

    def objects(*arguments: str) -> dict[tuple[str, str], dict[str, Any]]:
        found: Objects = {}
        for document in yaml.safe_load_all(template(*arguments)):
            if document:
                meta = document["metadata"]
                own = document["kind"] != "RoleBinding" and meta.get("namespace", "nas-system") == "nas-system"
                name = meta["name"] if own else meta["namespace"]
                # Of one kind a namespace may have several.
                name += "/nodes" if meta["name"].endswith("-nodes") else ""
                found[document["kind"], name] = document
        return found

    return objects
