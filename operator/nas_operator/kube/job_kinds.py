"""Kinds other than Job that trials may run as: JobSet, TrainJob or whatever a platform team has that runs pods.

The platform team names each in the chart (`trials.jobKinds`) with a manifest of it; a search chooses one by its name
(`trialTemplate.jobKind`) and adds nothing to the manifest but the pod of its trial. So a user gets no object with
fields of their own making, which RBAC may keep from them. The rest of the operator sees a Job: :meth:`JobKind.wrap`
makes an object out of a Job's manifest, and :meth:`JobKind.as_job` a Job out of an object.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from nas_core.api.pod_metadata import QUEUE_LABEL
from nas_core.api.types import DnsLabel
from nas_core.records.job import JobView
from nas_core.records.names import DEADLINE_ANNOTATION, JOB_KIND_LABEL
from nas_operator.errors import KindNotAllowed
from nas_operator.kube.client import Json, Resource

MOST_KINDS = 8
Path = tuple[str | int, ...]
Types = Annotated[tuple[str, ...], Field(min_length=1, max_length=8)]


class _Given(BaseModel):
    """One kind as the chart has it."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, frozen=True)

    plural: DnsLabel
    pod_template: str
    suspend: str | None = None
    succeeded: Types = ("Complete", "Completed", "Succeeded")
    failed: Types = ("Failed",)
    manifest: dict[str, Any]


@dataclass(frozen=True)
class JobKind:
    """One kind, by the name that searches know it by."""

    name: str
    resource: Resource
    manifest: Json
    """An object of it, without the pod."""
    pod_template: Path
    """Where the pod's template goes."""
    suspend: Path | None
    """The field that holds it (KEP-2232); None: it has none, so no queue admits it."""
    succeeded: frozenset[str]
    """Types of a condition that says so when it is True."""
    failed: frozenset[str]

    def wrap(self, job: Json) -> Json:
        """Return an object of this kind that runs the pod of a Job's manifest."""
        made = copy.deepcopy(self.manifest)
        meta, spec = made.setdefault("metadata", {}), job["spec"]
        own, given = job["metadata"], {JOB_KIND_LABEL: self.name}
        meta |= {key: own[key] for key in ("name", "namespace", "ownerReferences")}
        meta["labels"] = meta.get("labels", {}) | own["labels"] | given
        meta["annotations"] = meta.get("annotations", {}) | own.get("annotations", {})
        if "activeDeadlineSeconds" in spec:
            meta["annotations"][DEADLINE_ANNOTATION] = str(spec["activeDeadlineSeconds"])
        template = copy.deepcopy(spec["template"])
        template["metadata"]["labels"] |= given
        _put(made, self.pod_template, template)
        if self.suspend and "suspend" in spec:
            _put(made, self.suspend, spec["suspend"])
        return made

    def as_job(self, raw: Mapping[str, Any]) -> Json:
        """Return what an object of this kind would be as a Job.

        Raises:
            LookupError, TypeError: if it has no template of a pod where this kind has it.
        """
        status = raw.get("status") or {}
        named = dict.fromkeys(self.succeeded, "Complete") | dict.fromkeys(self.failed, "Failed")
        conditions = [c | {"type": named[c["type"]]} for c in status.get("conditions") or () if c["type"] in named]
        spec = {"template": _at(raw, self.pod_template)}
        if self.suspend:
            spec["suspend"] = bool(_at(raw, self.suspend[:-1]).get(self.suspend[-1]))
        if seconds := (raw["metadata"].get("annotations") or {}).get(DEADLINE_ANNOTATION):
            spec["activeDeadlineSeconds"] = int(seconds)
        return {"metadata": raw["metadata"], "spec": spec, "status": {"conditions": conditions}}

    def view(self, raw: Mapping[str, Any]) -> JobView:
        """Cut the view out of a raw object."""
        return JobView.of(self.as_job(raw), self.name)


Kinds = Mapping[str, JobKind]
"""By name."""
NO_KINDS: Kinds = {}


def allowed_kind(kinds: Kinds, name: str, job: Json) -> JobKind:
    """Return the kind of a name if a Job may become one of it.

    Raises:
        KindNotAllowed: if the platform team has not named it, or it cannot be held by the queue that the Job is for.
    """
    if name not in kinds:
        those = f"one of {', '.join(kinds)}" if kinds else "Jobs only"
        raise KindNotAllowed(
            f"spec.trialTemplate.jobKind is {name!r}, and trials may be {those}; choose another, remove the field, or "
            "ask the platform team to add it (trials.jobKinds of the chart)"
        )
    if job["spec"].get("suspend") and kinds[name].suspend is None:
        raise KindNotAllowed(
            f"spec.trialTemplate.labels names a queue, and {name} of spec.trialTemplate.jobKind cannot be held; remove "
            f"the label {QUEUE_LABEL}, or ask the platform team where it is suspended (trials.jobKinds of the chart)"
        )
    return kinds[name]


def read_job_kinds(text: str) -> Kinds:
    """Read the kinds as the chart writes them, a JSON object, by name.

    Raises:
        ValueError: if it is none, or one of them cannot be used; the message says which, and why.
    """
    given = json.loads(text)
    if not isinstance(given, dict) or len(given) > MOST_KINDS:
        raise ValueError(f"give an object with at most {MOST_KINDS} kinds, by name")
    return {name: _read(name, one) for name, one in given.items()}


def _read(name: str, given: Any) -> JobKind:
    try:
        one = _Given.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueError(f"{'.'.join(map(str, (name, *first['loc'])))}: {first['msg']}") from None
    version, kind = one.manifest.get("apiVersion"), one.manifest.get("kind")
    if not (isinstance(version, str) and version.count("/") == 1 and kind and isinstance(kind, str)):
        raise ValueError(f"{name}.manifest: give its kind and its apiVersion, with a group")
    made = JobKind(
        name=name,
        resource=Resource(f"/apis/{version}", one.plural),
        manifest=one.manifest,
        pod_template=_path(one.pod_template),
        suspend=_path(one.suspend) if one.suspend else None,
        succeeded=frozenset(one.succeeded),
        failed=frozenset(one.failed),
    )
    if made.succeeded & made.failed:
        raise ValueError(f"{name}: {min(made.succeeded & made.failed)} cannot mean both succeeded and failed")
    for field, path in (("podTemplate", made.pod_template), ("suspend", made.suspend)):
        try:
            if path:
                _put(copy.deepcopy(made.manifest), path, {})
        except (LookupError, TypeError):
            raise ValueError(f"{name}.{field}: {'.'.join(map(str, path or ()))} is not in its manifest") from None
    return made


def _path(text: str) -> Path:
    """Read a path such as ``spec.replicatedJobs.0.template``; a number is a place in a list."""
    return tuple(int(part) if part.isdecimal() else part for part in text.split("."))


def _at(raw: Any, path: Path) -> Any:
    for step in path:
        raw = raw[step]
    return raw


def _put(raw: Any, path: Path, value: Any) -> None:
    """Set a field; what it is in has to be there."""
    _at(raw, path[:-1])[path[-1]] = value
