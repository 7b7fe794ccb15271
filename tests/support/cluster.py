"""The cluster that tests run on: the embedded one, with the CRDs of this checkout."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from nas_core.crd.schema import custom_resource_definitions
from nas_dev.cluster.embedded import Cluster


def prepared(cluster: Cluster) -> Cluster:
    """Bring a cluster up, if need be, and give it the CRDs."""
    if not cluster.is_running():
        cluster.up()
    apply_crds(cluster, custom_resource_definitions())
    # A CRD that was made this moment has no conditions yet, which the wait below takes for an error.
    cluster.kubectl("wait", "crd", "--all", "--for=jsonpath={.status.acceptedNames.kind}", "--timeout=30s")
    cluster.kubectl("wait", "crd", "--all", "--for=condition=Established", "--timeout=30s")
    return cluster


def apply_crds(cluster: Cluster, crds: Sequence[Mapping[str, Any]]) -> None:
    """Create or update CRDs."""
    listing = json.dumps({"apiVersion": "v1", "kind": "List", "items": crds})
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "--filename=-", stdin=listing)
