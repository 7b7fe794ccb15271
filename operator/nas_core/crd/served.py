"""Whether the CRDs that an API server has are as new as this program, by comparison with those made from the models.

An older CRD prunes the fields that it does not know, silently: a search would run with other settings than its spec
says, and a status would lose fields. A newer CRD has more than is needed, which does no harm.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from nas_core.api import VERSION
from nas_core.crd.resources import Json

_MOST = ("maximum", "maxLength", "maxItems", "maxProperties")


def missing(expected: Json, served: Json) -> list[str]:
    """Return what a served CRD lacks of the expected one: fields, enum values, types and room, each by its path.

    Union members are fields. Rules are not compared: the models hold them as well.
    """
    version = next((v for v in served["spec"]["versions"] if v["name"] == VERSION and v["served"]), None)
    if version is None:
        return [f"version {VERSION}"]
    [needed] = expected["spec"]["versions"]
    return list(_missing(needed["schema"]["openAPIV3Schema"], version["schema"]["openAPIV3Schema"], ""))


def _missing(expected: Json, served: Json, path: str) -> Iterator[str]:
    if expected.get("type") != served.get("type"):
        yield f"{path} of type {expected.get('type', 'integer or string')}"
        return
    for word in expected.get("enum", ()):
        # A CRD without a list of words takes any.
        if word not in served.get("enum", [word]):
            yield f"{path}: {word}"
    for bound in _MOST:
        # A bound that is absent bounds nothing; a wider one than ours does no harm.
        if served.get(bound, math.inf) < expected.get(bound, math.inf):
            yield f"{path} with {bound} {expected.get(bound, 'unset')}"
    for name, schema in expected.get("properties", {}).items():
        inner = served.get("properties", {}).get(name)
        below = f"{path}.{name}".removeprefix(".")
        if inner is None:
            yield below
        else:
            yield from _missing(schema, inner, below)
    for key in ("items", "additionalProperties"):
        if key in expected:
            yield from _missing(expected[key], served.get(key, {}), f"{path}[]")
