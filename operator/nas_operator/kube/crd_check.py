"""Refusing to work on CRDs older than the operator: their schema would prune fields without a word."""

from __future__ import annotations

from nas_core.api import GROUP
from nas_core.api.crd import RESOURCES, SCHEMA_REVISION, SCHEMA_REVISION_ANNOTATION
from nas_operator.errors import ApiError
from nas_operator.kube.client import CRDS, Client, path


class OutdatedCRD(Exception):
    """A CRD is missing or older than this operator."""


async def require_current_crds(client: Client) -> None:
    """Return if the cluster's CRDs are at least of our revision.

    Raises:
        OutdatedCRD: if not; the message says what to do.
    """
    for resource in RESOURCES:
        name = f"{resource.plural}.{GROUP}"
        try:
            crd = await client.get(path(CRDS, name=name))
        except ApiError as error:
            if error.status != 404:
                raise
            raise OutdatedCRD(f"the CRD {name} is not installed; apply the chart, or crds/ of this version") from error
        found = crd["metadata"].get("annotations", {}).get(SCHEMA_REVISION_ANNOTATION, "0")
        if int(found) < SCHEMA_REVISION:
            raise OutdatedCRD(
                f"the CRD {name} has schema revision {found}, this operator needs {SCHEMA_REVISION}: upgrade crds/"
            )
