"""All that can be said of the objects of a manifest without a cluster, in the order in which it would be met."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from nas_client.validation.rules import broken_rules
from nas_client.validation.schema import Fault, Json, faults, shown, unknown, with_defaults
from nas_core.api import GROUP, VERSION
from nas_core.crd.schema import custom_resource_definitions
from nas_core.reasons import SearchReason
from nas_core.records.search import ReadableSearch, UnreadableSearch, read_search
from nas_core.records.space import SpaceView
from nas_plan.guidance import guidance_fault
from nas_plan.resolve import resolve

_API_VERSION = f"{GROUP}/{VERSION}"
_METADATA = (
    *("annotations", "creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "finalizers"),
    *("generateName", "generation", "labels", "managedFields", "name", "namespace", "ownerReferences"),
    *("resourceVersion", "selfLink", "uid"),
)
_READ_ONLY = {"uid": "", "resourceVersion": "0", "creationTimestamp": "1970-01-01T00:00:00Z"}
"""Of metadata, what the API server would fill in."""


@dataclass(frozen=True)
class Finding:
    """What is wrong with one field of one object of a file."""

    place: int
    """Which object of the file, from 0."""
    kind: str
    name: str
    fault: Fault

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}: {self.fault.field}: {self.fault.message}"


def findings(objects: Sequence[Json], namespace: str = "default") -> list[Finding]:
    """Return what API server and operator would refuse; empty if nothing.

    Objects of other groups (Secrets, …) are not looked at. A NASSearchSpace that a search names is taken from the same
    objects; where it is not there, the operator's own checks of that search are left out.
    """
    found = []
    for place, one in enumerate(objects):
        if not in_api_group(one):
            continue
        wrong = list(_by_api_server(one)) or list(_by_operator(_stored(one), objects, namespace))
        metadata = one.get("metadata")
        name = str(metadata.get("name", "")) if isinstance(metadata, dict) else ""
        found += [Finding(place, str(one["kind"]), name, fault) for fault in wrong]
    return found


def in_api_group(manifest: Mapping[str, Any]) -> bool:
    """Whether an object is of the operator's API group, or meant to be: its kind is one of ours."""
    return str(manifest.get("apiVersion")).partition("/")[0] == GROUP or manifest["kind"] in _schemas()


def _by_api_server(manifest: Json) -> Iterator[Fault]:
    schema = _schemas().get(manifest["kind"])
    if schema is None:
        yield Fault(("kind",), f"must be one of {', '.join(_schemas())}, not {shown(manifest['kind'])}")
        return
    found = [*_envelope(manifest), *faults(schema, manifest, ())]
    # As there: rules are looked at only where all values have the right form.
    yield from found
    if not any(fault.blocking for fault in found):
        yield from broken_rules(schema, with_defaults(schema, manifest), ())


def _stored(manifest: Json) -> Json:
    """Return an object as the API server would store it."""
    stored: Json = with_defaults(_schemas()[manifest["kind"]], manifest)
    return stored


def _envelope(manifest: Json) -> Iterator[Fault]:
    """Look at what the API server checks of every object."""
    if (version := manifest.get("apiVersion")) != _API_VERSION:
        yield Fault(("apiVersion",), f"must be {_API_VERSION}, not {shown(version)}")
    metadata = manifest.get("metadata")
    if not isinstance(metadata, dict):
        yield Fault(("metadata",), "is required; give the object a name: metadata.name")
        return
    yield from (unknown(name, _METADATA, ("metadata",)) for name in metadata if name not in _METADATA)
    name = metadata.get("name")
    if not isinstance(name, str) or not name:
        yield Fault(("metadata", "name"), f"must be a name in quotes, not {shown(name)}; give the object one")
    elif len(name) > 253:
        yield Fault(("metadata", "name"), f"must have at most 253 characters, not {len(name)}")


def _by_operator(manifest: Json, objects: Sequence[Json], namespace: str) -> Iterator[Fault]:
    """Look at what the operator sees at its first look, before any trial."""
    raw = {**manifest, "metadata": {"namespace": namespace, **manifest["metadata"], **_READ_ONLY}}
    if manifest["kind"] == "NASSearchSpace" and (error := SpaceView.of(raw).error):
        yield _of_sentence(error)
    if manifest["kind"] != "NASSearch":
        return
    search = read_search(raw)
    space = None
    if isinstance(search, ReadableSearch) and search.space_ref is not None:
        space = space_in(objects, search.space_ref, namespace)
        if space is None:
            return
    resolved = resolve(search, space)
    # Whether another search has trained a supernet, or a model is there, only the cluster knows.
    elsewhere = (SearchReason.SUPERNET_NOT_FOUND, SearchReason.INITIAL_MODEL_NOT_FOUND)
    if isinstance(resolved, UnreadableSearch) and resolved.reason not in elsewhere:
        yield _of_sentence(resolved.error)
    elif isinstance(resolved, ReadableSearch) and (fault := guidance_fault(resolved)):
        yield _of_sentence(fault)


def space_in(objects: Sequence[Json], name: str, namespace: str) -> SpaceView | None:
    """Return the NASSearchSpace of this name among the objects of a file."""
    for one in objects:
        metadata = one.get("metadata")
        if one["kind"] == "NASSearchSpace" and isinstance(metadata, dict) and metadata.get("name") == name:
            return SpaceView.of({**_stored(one), "metadata": {"namespace": namespace, **metadata, **_READ_ONLY}})
    return None


def _of_sentence(error: str) -> Fault:
    """Take the field off the front of the operator's sentence."""
    field, colon, rest = error.partition(": ")
    if colon and field.startswith("spec") and " " not in field:
        return Fault(tuple(field.split(".")), rest)
    return Fault(("spec",), error)


@cache
def _schemas() -> dict[str, Json]:
    return {
        crd["spec"]["names"]["kind"]: crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
        for crd in custom_resource_definitions()
    }
