"""What of a search has no meaning on this machine: what cannot be run here, and what is left out. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nas_core.api.search import NASSearchSpec
from nas_core.quantities import count_gpus
from nas_local.home import BUCKET


def with_folder(manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the manifest of a search with the folder as its storage, if it names none.

    One that reads an address in a bucket stays as it is: only `spec.storage` says which server has it.
    """
    spec = manifest.get("spec")
    if not isinstance(spec, Mapping) or spec.get("storage") is not None or _reads_a_bucket(spec):
        return manifest
    return {**manifest, "spec": {**spec, "storage": {"bucket": BUCKET}}}


def _reads_a_bucket(value: object) -> bool:
    if isinstance(value, Mapping):
        return any(map(_reads_a_bucket, value.values()))
    if isinstance(value, list):
        return any(map(_reads_a_bucket, value))
    return isinstance(value, str) and value.startswith("s3://")


def obstacles(spec: NASSearchSpec, data: Mapping[str, str]) -> list[str]:
    """Return why a search cannot be run here: field, value and remedy of each.

    Args:
        spec: what is asked for.
        data: folders by the name of the claim that they stand for.
    """
    found = []
    template, volume = spec.trial_template, spec.task.dataset.volume
    if not template.ready_made:
        given = template.image or " ".join(template.command or ())
        found.append(
            f"spec.trialTemplate: {given!r} is a trainer in an image, and there are no containers here; remove "
            "trialTemplate.image and command, or submit the search to a cluster"
        )
    if volume and volume.claim_name not in data:
        found.append(
            f"spec.task.dataset.volume.claimName: say which folder stands for {volume.claim_name!r}: "
            f"--data {volume.claim_name}=FOLDER"
        )
    return found


def gpus_of_a_trial(spec: NASSearchSpec, gpus: int) -> int:
    """Return how many GPUs each trial gets, where ``gpus`` may be used: what its limits ask for, at least one."""
    return min(gpus, max(1, count_gpus(spec.trial_template.resources.limits)))


def at_once(spec: NASSearchSpec, parallel: int, gpus: int, cores: int) -> int:
    """Return how many trials run at the same time at most: each has its GPUs, or a core at least."""
    return min(parallel, gpus // gpus_of_a_trial(spec, gpus) if gpus else cores)


def left_out(spec: NASSearchSpec, gpus: int, parallel: int) -> list[str]:
    """Return what of a search is not done here, a sentence each."""
    notes = []
    wanted = count_gpus(spec.trial_template.resources.limits)
    if wanted and not gpus:
        notes.append(f"trials ask for {wanted} GPUs each; here they run on the CPU (--gpus N uses GPUs)")
    elif wanted > gpus:
        notes.append(f"trials ask for {wanted} GPUs each; here each gets {gpus} (--gpus)")
    if spec.trial_template.nodes > 1:
        notes.append(f"trials ask for {spec.trial_template.nodes} nodes each; here each runs on this machine alone")
    if spec.budget.parallel_trials > parallel:
        notes.append(f"{parallel} of {spec.budget.parallel_trials} trials run at the same time (--parallel)")
    if spec.storage is not None:
        notes.append("results are kept in the folder, not in spec.storage.bucket")
    if spec.retrain is None:
        notes.append("no model is made at the end, as spec.retrain is not set")
    return notes
