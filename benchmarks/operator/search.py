"""The NASSearch that is measured, and the Job that the bare script makes: the very one that the operator would."""

from __future__ import annotations

from typing import Any

from nas_core.api.search import NASSearchSpec
from nas_core.api.trial import NASTrialStatus
from nas_core.records.metadata import Meta
from nas_core.records.trial import TrialView
from nas_dev.cluster import kwok
from nas_operator.manifests.job import build_job
from nas_plan.ask import ask

IMAGE = "localhost/nas-custom-trainer:dev"


def search(namespace: str, trials: int, parallel: int, seconds: float, fake_nodes: bool) -> dict[str, Any]:
    """Return the search; its pods run on fake nodes if there are any."""
    template: dict[str, Any] = {"image": IMAGE, "args": ["--seconds", str(seconds)]}
    if fake_nodes:
        template |= {"nodeSelector": kwok.NODE_SELECTOR, "tolerations": kwok.TOLERATIONS}
    return {
        "apiVersion": "nas-operator.io/v1alpha1",
        "kind": "NASSearch",
        "metadata": {"name": "bench", "namespace": namespace},
        "spec": {
            "task": {"dataset": {"name": "digits"}},
            # With it there is always another candidate: of architectures alone the default space has 6,466.
            "hyperparameters": [{"name": "learningRate", "real": {"min": "0.01", "max": "0.1"}}],
            "strategy": {"random": {}},
            "budget": {"maxTrials": trials, "parallelTrials": parallel},
            "trialTemplate": template,
        },
    }


def bare_job(body: dict[str, Any]) -> dict[str, Any]:
    """Return the Job of a search's first trial, owned by nobody."""
    spec = NASSearchSpec.model_validate(body["spec"])
    namespace = body["metadata"]["namespace"]
    owner = Meta(namespace, "bench", "no-uid", 1, None, None, "bench")
    trial = TrialView(
        Meta(namespace, "bench-00000", "no-uid", 1, None, None, "bench"), ask(spec, [], 0, 1)[0], NASTrialStatus()
    )
    job = build_job(owner, spec, trial, 1, IMAGE)
    del job["metadata"]["ownerReferences"]
    return job
