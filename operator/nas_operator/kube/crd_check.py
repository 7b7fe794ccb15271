"""Checks that the CRDs are not older than the operator: an older schema would prune fields silently."""

from __future__ import annotations

import asyncio

from nas_core.crd.schema import custom_resource_definitions
from nas_core.crd.served import missing
from nas_operator.errors import ApiError
from nas_operator.kube.client import CRDS, Client, path
from nas_operator.kube.job_kinds import Kinds

SECONDS = 60
"""What the check may take in all; Kubernetes starts the operator again after that."""
_NAMED = 5
_REMEDY = "apply crds/ of this version (kubectl apply --server-side -f crds/), or upgrade the chart with crds.install"


class OutdatedCRD(Exception):
    """A CRD is missing or older than this operator."""


async def require_current_crds(client: Client) -> None:
    """Return if the cluster's CRDs have all that this operator reads and writes.

    Raises:
        OutdatedCRD: if not; the message names what is missing and the remedy.
        TimeoutError: if the API server does not answer in time.
    """
    async with asyncio.timeout(SECONDS):
        for expected in custom_resource_definitions():
            name = expected["metadata"]["name"]
            try:
                served = await client.get(path(CRDS, name=name))
            except ApiError as error:
                if error.status != 404:
                    raise
                raise OutdatedCRD(f"the CRD {name} is not installed; {_REMEDY}") from error
            if lacks := missing(expected, served):
                named = ", ".join(lacks[:_NAMED]) + (f" and {len(lacks) - _NAMED} more" if len(lacks) > _NAMED else "")
                raise OutdatedCRD(f"the CRD {name} is older than this operator: it has no {named}; {_REMEDY}")


async def require_kinds(client: Client, kinds: Kinds, namespace: str | None) -> None:
    """Return if the cluster has the kinds that trials may run as, and the operator may list them in a namespace.

    Raises:
        OutdatedCRD: if not; the message names the kind and the remedy.
        TimeoutError: if the API server does not answer in time.
    """
    async with asyncio.timeout(SECONDS):
        for kind in kinds.values():
            try:
                await client.get(path(kind.resource, namespace), limit="1")
            except ApiError as error:
                if error.status not in (403, 404):
                    raise
                raise OutdatedCRD(
                    f"{kind.resource.plural} of {kind.resource.prefix}, the kind {kind.name} of trials.jobKinds of the "
                    f"chart, cannot be listed ({error.status}); install it, or take it off that value"
                ) from error
