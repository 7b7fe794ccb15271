"""Whether the policies of a namespace let its searches and models keep their objects on an S3 server, and in a bucket;
and whether they let its searches be tracked by a server.

Beside the operator's own list (`nas_storage.allowed_endpoints`), which holds for all namespaces and is asked again for
each request: policies can only narrow it. With its own identity the operator uses only what a policy grants.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from nas_core.api.storage import BucketAddress, Storage
from nas_core.reasons import StorageReason
from nas_core.records.policy import PolicyView
from nas_plan.limits.grants import bucket_refusal
from nas_plan.limits.rules import refused
from nas_storage.allowed_endpoints import AllowedEndpoints
from nas_storage.faults import StorageFault

LISTS_KEPT = 64
"""Lists of policies that are kept as they were read."""
PoliciesOf = Callable[[str], Sequence[PolicyView]]
"""Returns the policies of a namespace, by its name."""


def storage_refusal(policies: Sequence[PolicyView], storage: Storage) -> StorageFault | None:
    """Return why a storage may not be used, None if no policy is against it, and one grants what needs a grant."""
    for policy in policies:
        allowed = policy.spec.allowed_storage_endpoints
        if allowed is not None and not _names(allowed, _server(storage)):
            field = "storage.endpoint" if storage.endpoint else "storage.region"
            value = storage.endpoint or f"{storage.region} ({_server(storage)})"
            why = refused(policy, "allowedStorageEndpoints", field, value, allowed)
            return StorageFault(StorageReason.ENDPOINT_NOT_ALLOWED, why)
    not_granted = bucket_refusal(policies, storage)
    return StorageFault(StorageReason.IDENTITY_NOT_GRANTED, not_granted) if not_granted else None


def tracking_refusal(policies: Sequence[PolicyView], field: str, endpoint: str) -> str | None:
    """Return why a server for tracking may not be used, None if no policy is against it; ``field`` names it."""
    for policy in policies:
        allowed = policy.spec.allowed_tracking_endpoints
        if allowed is not None and not _names(allowed, endpoint):
            return refused(policy, "allowedTrackingEndpoints", field, endpoint, allowed)
    return None


def _names(allowed: Sequence[str], url: str) -> bool:
    """Whether a list has the server of a URL."""
    try:
        _read(tuple(allowed)).require(url)
    except StorageFault:
        return False
    return True


@lru_cache(maxsize=LISTS_KEPT)
def _read(entries: tuple[str, ...]) -> AllowedEndpoints:
    # Each look at a search with a storage asks, and to read a long list takes a millisecond of the event loop.
    return AllowedEndpoints.of(entries)


def _server(storage: BucketAddress) -> str:
    """Return the URL that the S3 client uses; without an endpoint Amazon's of the region."""
    domain = "amazonaws.com.cn" if storage.region.startswith("cn-") else "amazonaws.com"
    return storage.endpoint or f"https://s3.{storage.region}.{domain}"
