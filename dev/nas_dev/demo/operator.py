"""The operator on the demo's cluster, installed as users install it: with the chart."""

import json
import time
from urllib.parse import urlsplit

from nas_dev.demo.target import DemoFailed, Target
from nas_dev.paths import REPOSITORY
from nas_dev.setup import helm
from nas_dev.steps import StepFailed, Steps

CHART = REPOSITORY / "helm" / "nas-operator"
NAMESPACE = "nas-system"
RELEASE = "nas-operator"


def install_operator(steps: Steps, target: Target) -> None:
    """Install or upgrade the operator with the project's chart and wait until its pod is ready."""
    helm_binary = helm.fetch(steps)
    where = [f"--kubeconfig={target.kubeconfig}"] if target.kubeconfig else [f"--kube-context={target.context}"]
    values = {
        "image": image_values(target.operator_image),
        "trialImage": image_values(target.trial_image),
        "storage": storage_values(target.endpoint),
        "prometheus": {"url": target.prometheus_url},
        "metrics": {"interval": 2},
        # A pod of its own for each run: an image of the same name may have new content.
        "podAnnotations": {"demo/started": str(int(time.time()))},
    }
    argv = [str(helm_binary), "upgrade", "--install", RELEASE, str(CHART), *where, f"--namespace={NAMESPACE}"]
    options = ["--create-namespace", "--wait", "--timeout=3m", f"--set-json={json.dumps(values)}"]
    with steps.step("operator (helm upgrade --install)"):
        try:
            steps.command("helm upgrade", [*argv, *options])
        except StepFailed as error:
            log = f"kubectl logs -n {NAMESPACE} deployment/{RELEASE}"
            raise DemoFailed(f"{error}\nwhat the operator wrote: {log}") from error


def storage_values(endpoint: str | None) -> dict[str, list[str]]:
    """Return the chart's values that let the operator use the demo's server; None: Amazon S3, as by default."""
    return {"allowedEndpoints": [urlsplit(endpoint).netloc]} if endpoint else {}


def image_values(reference: str) -> dict[str, str]:
    """Split an image's reference into the chart's values."""
    if "@" in reference:
        repository, digest = reference.split("@", 1)
        return {"repository": repository, "digest": digest}
    repository, colon, tag = reference.rpartition(":")
    if not colon or "/" in tag:  # that colon was before a registry's port
        return {"repository": reference, "tag": "latest"}
    return {"repository": repository, "tag": tag}
