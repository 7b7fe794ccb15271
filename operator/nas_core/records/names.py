"""Names, labels and annotations of everything the operator makes. Deterministic: a repeated write is a no-op."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from nas_core.api import GROUP
from nas_core.api.search import FIXED, JUDGED_BY, NASSearchSpec
from nas_core.api.trial import NASTrialSpec
from nas_core.states import Work

SEARCH_LABEL = f"{GROUP}/search"
SEARCH_UID_LABEL = f"{GROUP}/search-uid"
TRIAL_LABEL = f"{GROUP}/trial"
ATTEMPT_LABEL = f"{GROUP}/attempt"
MODEL_LABEL = f"{GROUP}/model"
"""Of the Job that makes a model, and of its pods: the model's name. These have no label of a search."""
GIT_COMMIT_ANNOTATION = f"{GROUP}/git-commit"
"""Of a search: the commit that its manifest is from. Whoever applies it sets that."""
MANAGED_BY = {"app.kubernetes.io/managed-by": "nas-operator"}

TRIAL_CONTAINER = "trial"
"""The container that evaluates; what others put beside it in the pod (a mesh's proxy) is not looked at."""

TRIAL_INPUT_ANNOTATION = f"{GROUP}/trial-input"
TEMPLATE_ANNOTATION = f"{GROUP}/template"
SHORTENED_ANNOTATION = f"{GROUP}/shortened-by"
"""The field of a budget that leaves an attempt less time than it would have."""
"""Of a Job: the `template_hash` of the spec from which it was made."""
SESSION_ANNOTATION = f"{GROUP}/session"
"""Of a Job whose pods have short-lived keys: the name of the Secret with them."""
ASKED_ANNOTATION = f"{GROUP}/asked"
"""Of a trial: the `asked_hash` of the spec for which it was made."""
JOB_KIND_LABEL = f"{GROUP}/job-kind"
"""Of what a trial runs as, and of its pod, if that is not a Job: the name of the kind."""
DEADLINE_ANNOTATION = f"{GROUP}/deadline-seconds"
"""Of the same: what activeDeadlineSeconds is of a Job."""
STORAGE_FINALIZER = f"{GROUP}/storage"
SECRET_USE_LABEL = f"{GROUP}/use"
SECRET_USE_TRIAL = "trial"  # noqa: S105 - a label's value
SECRET_USE_TRACKING = "tracking"  # noqa: S105


def trial_name(search: str, index: int) -> str:
    """Return the name of a search's trial: ``<search>-<index>``, the index with at least five digits."""
    # With zeros in front, so that `kubectl get`, which sorts by name, lists trials in their order.
    return f"{search}-{index:05d}"


def name_of(search: str, trial: NASTrialSpec) -> str:
    """Return the name of a trial: of one that trains one of the best again ``<search>-r<epochs>-<id>``.

    A second training of it with another seed has ``-1`` at the end, a third one ``-2``.
    The one that prepares the data is ``<search>-prepare``. One that trains shared weights is ``<search>-supernet``, a
    second run ``<search>-supernet-1``. One that keeps results of an earlier search is ``<search>-earlier-<place>``. One
    that scores is ``<search>-s<place>``, the place that of its first candidate among all that are scored; one that
    takes a candidate to a higher rung is
    ``<search>-<index>-e<epochs>``.
    """
    if trial.work == Work.PREPARE:
        return f"{search}-prepare"
    if trial.work == Work.SUPERNET:
        return f"{search}-supernet" + (f"-{trial.index}" if trial.index else "")
    if trial.work == Work.EARLIER:
        return f"{search}-earlier-{trial.index}"
    if trial.work == Work.SCORE:
        return f"{search}-s{trial.index:05d}"
    if trial.work == Work.RETRAIN:
        # Eight digits of the id: a Job's name becomes a label of its pods, which may have 63 characters.
        again = f"-{trial.repeat}" if trial.repeat else ""
        return f"{search}-r{trial.epochs}-{trial.candidates[0].id[:8]}{again}"
    return trial_name(search, trial.index) + (f"-e{trial.epochs}" if trial.continues else "")


def rungs_of(trial: str) -> tuple[str, str]:
    """Return, of a trial that is a rung or the first of one, the first's name, and how the names of the others begin.

    As :func:`name_of` has them: ``<search>-<index>`` and ``<search>-<index>-e``.
    """
    first = re.sub(r"(-[0-9]{5,})-e[0-9]+$", r"\1", trial)
    return first, f"{first}-e"


def job_name(trial: str, attempt: int) -> str:
    """Return the name of the Job that is a trial's attempt: ``<trial>-a<attempt>``."""
    return f"{trial}-a{attempt}"


INDEX_LABEL = "batch.kubernetes.io/job-completion-index"
"""Kubernetes' own, of the pods of a Job with several: which of them a pod is, from 0."""
NODES_LABEL = f"{GROUP}/nodes"
"""Of the pods of a trial that has several: how many. The chart's NetworkPolicy lets them talk to one another."""


def service_name(search: str) -> str:
    """Return the name of the headless Service in which pods of a search's trials find one another: ``nas-<search>``."""
    # A Service's name begins with a letter (RFC 1035), a search's may begin with a digit.
    return f"nas-{search}"


EXPORT = "-export"
"""End of the name of a Job that makes a model."""


def session_secret_name(job: str) -> str:
    """Return the name of the Secret with the short-lived keys of a Job's pods: ``<job>-session``."""
    return f"{job}-session"


def export_job_name(model: str) -> str:
    """Return the name of the Job that makes a model: ``<model>-export``."""
    return f"{model}{EXPORT}"


def model_object_name(name: str, version: str) -> str:
    """Return the name of the NASModel that a search publishes: ``<name>-<version>``."""
    return f"{name}-{version}"


_NOT_OF_THE_POD = {"max_attempts", "ttl_seconds_after_finished"}


def template_hash(spec: NASSearchSpec) -> str:
    """Return a hash of what may change in a spec and is part of a trial's pod: `trialTemplate` and `storage`."""
    parts = [
        spec.trial_template.model_dump(mode="json", exclude=_NOT_OF_THE_POD),
        spec.storage.model_dump(mode="json", exclude={"deletion_policy", "checkpoint_policy", "trial_history"})
        if spec.storage
        else None,
    ]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def asked_hash(spec: Mapping[str, Any]) -> str:
    """Return a hash of what results depend on (`FIXED`) in a raw spec, as the API server has it."""
    parts = []
    for path in FIXED:
        found: Any = spec
        for name in path.split("."):
            found = (found or {}).get(name)
        if path == "objectives":
            found = _compared(found)
        parts.append(found)
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def _compared(objectives: Any) -> Any:
    """Return raw objectives without what may change; what is none of that form as it is, for others to refuse."""
    if not isinstance(objectives, list) or not all(isinstance(one, Mapping) for one in objectives):
        return objectives
    return [{name: value for name, value in one.items() if name not in JUDGED_BY} for one in objectives]
