"""The NASTrial object of a decision."""

from __future__ import annotations

from typing import Any

from nas_core.api import API_VERSION
from nas_core.api.trial import NASTrialSpec
from nas_core.records.metadata import Meta
from nas_core.records.names import ASKED_ANNOTATION, MANAGED_BY, SEARCH_LABEL, SEARCH_UID_LABEL, name_of


def build_trial(search: Meta, spec: NASTrialSpec, asked: str | None) -> dict[str, Any]:
    """Return the NASTrial that records a decision; owned by its search, so that it goes with it.

    ``asked`` says for which spec of the search it is (`SearchObject.asked`).
    """
    return {
        "apiVersion": API_VERSION,
        "kind": "NASTrial",
        "metadata": {
            "name": name_of(search.name, spec),
            "namespace": search.namespace,
            "labels": MANAGED_BY | {SEARCH_LABEL: search.name, SEARCH_UID_LABEL: search.uid},
            **({"annotations": {ASKED_ANNOTATION: asked}} if asked else {}),
            "ownerReferences": [owner_reference("NASSearch", search)],
        },
        "spec": spec.to_dict(),
    }


def owner_reference(kind: str, owner: Meta) -> dict[str, Any]:
    """Return the controller reference to an object of this API group."""
    return {
        "apiVersion": API_VERSION,
        "kind": kind,
        "name": owner.name,
        "uid": owner.uid,
        "controller": True,
        # A foreground deletion of the owner waits for this object; any other kind of deletion does not.
        "blockOwnerDeletion": True,
    }
