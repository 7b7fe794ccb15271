"""The headless Service of a search whose trainings run over several pods: it gives each pod a name.

One for all trials: a Job's name is in its pods' names. It has no port, as nothing is sent to the Service itself.
"""

from __future__ import annotations

from typing import Any

from nas_core.records.metadata import Meta
from nas_core.records.names import MANAGED_BY, SEARCH_LABEL, SEARCH_UID_LABEL, service_name
from nas_core.records.trial_object import owner_reference


def build_service(search: Meta) -> dict[str, Any]:
    """Return the Service; owned by the search."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": service_name(search.name),
            "namespace": search.namespace,
            "labels": MANAGED_BY | {SEARCH_LABEL: search.name},
            "ownerReferences": [owner_reference("NASSearch", search)],
        },
        "spec": {
            "clusterIP": "None",
            "selector": {SEARCH_UID_LABEL: search.uid},
            # Pods look for one another before they are ready.
            "publishNotReadyAddresses": True,
        },
    }
