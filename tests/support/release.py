"""The operator as users install it: with the chart, from its own image, as a pod in a namespace of its own."""

from __future__ import annotations

import json
import secrets
import subprocess
from typing import Any

from tests.support.inside import fetch
from tests.support.kube import Json, Kube

from nas_dev.paths import REPOSITORY
from nas_dev.setup import helm
from nas_dev.steps import Steps

CHART = REPOSITORY / "helm" / "nas-operator"


def rendered(kube: Kube, release: str, template: str, *values: str) -> str:
    """Return the objects of one of the chart's templates, as text for kubectl."""
    command = [str(helm.fetch(Steps())), "template", release, str(CHART), f"--namespace={kube.namespace}"]
    options = [f"--show-only=templates/{template}.yaml", *(f"--set={value}" for value in values)]
    return subprocess.run([*command, *options], check=True, capture_output=True, text=True).stdout


class Release:
    """One installation of the chart. What belongs to no namespace has the release's name, so several can be there."""

    def __init__(self, kube: Kube, image: str, watched: str) -> None:
        repository, _, tag = image.rpartition(":")
        self.kube, self.name = kube, f"chart-{secrets.token_hex(3)}"
        self.full_name = f"{self.name}-nas-operator"
        self.account = f"system:serviceaccount:{kube.namespace}:{self.full_name}"
        self._helm = helm.fetch(Steps())
        self._values: Json = {
            "image": {"repository": repository, "tag": tag},
            "watchNamespaces": [watched],
            # Nothing enforces them on the tests' cluster; the API server has to take them.
            "networkPolicy": {"enabled": True, "trials": {"enabled": True}},
            # The tests share them.
            "crds": {"install": False},
        }

    def upgrade(self, **values: Any) -> None:
        """Install or upgrade, with more values than before; returns when the operator is ready."""
        self._values |= values
        options = ["--install", "--wait", "--timeout=120s", f"--set-json={json.dumps(self._values)}"]
        self._run("upgrade", self.name, str(CHART), *options)

    def uninstall(self) -> None:
        """Remove it; returns when the operator's pod is gone."""
        self._run("uninstall", self.name, "--wait", "--timeout=60s", "--ignore-not-found")

    def pods(self) -> list[Json]:
        """Return the operator's pods."""
        labels = {"app.kubernetes.io/instance": self.name}.items()
        return [pod for pod in self.kube.list("pods") if labels <= pod["metadata"]["labels"].items()]

    def metrics(self) -> str:
        """Return the operator's own metrics page, read as the administrator."""
        [pod] = self.pods()
        # Not by the API server's proxy, which passes no token on.
        cluster = self.kube.cluster
        status, page = fetch(cluster, f"http://{pod['status']['podIP']}:8000/metrics", cluster.admin_token)
        assert status == 200, page
        return page

    def may(self, verb: str, what: str, namespace: str) -> bool:
        """Whether the operator's service account may do something in a namespace."""
        query = ("auth", "can-i", verb, what, f"--as={self.account}", f"--namespace={namespace}")
        return self.kube.cluster.kubectl(*query, check=False).strip() == "yes"

    def rights(self, namespace: str) -> list[Json]:
        """Return all that the operator's service account may do with resources in a namespace."""
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectRulesReview",
            "spec": {"namespace": namespace},
        }
        # Validation by kubectl would list the CRDs, which the account may not.
        options = ("--filename=-", "--output=json", "--validate=false", f"--as={self.account}")
        created = self.kube.cluster.kubectl("create", *options, stdin=json.dumps(review))
        rules: list[Json] = json.loads(created)["status"]["resourceRules"]
        return rules

    def tail(self, lines: int = 60) -> str:
        """Return the end of its log."""
        return self.kube.kubectl("logs", f"deployment/{self.full_name}", f"--tail={lines}", check=False)

    def keep_up(self) -> None:
        """Do nothing: its Deployment does it."""

    def _run(self, *arguments: str) -> None:
        where = (f"--kubeconfig={self.kube.cluster.kubeconfig}", f"--namespace={self.kube.namespace}")
        done = subprocess.run([self._helm, *arguments, *where], capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"helm {arguments[0]}: {done.stderr}\n{self.tail()}"
