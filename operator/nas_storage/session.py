"""Short-lived keys whose rights are limited: STS AssumeRole with a session policy.

Servers of one's own (SeaweedFS, MinIO) have STS at the endpoint of S3, and need no role; Amazon has one in each region.
Not every server knows STS, and one might take a policy and not keep to it: so :func:`require_limits` tries.

Sources: AWS STS API reference, "AssumeRole"; IAM user guide, "Session policies".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast
from urllib.parse import urlsplit

from nas_core.api.storage import BucketAddress
from nas_core.reasons import StorageReason
from nas_storage.allowed_endpoints import AllowedEndpoints
from nas_storage.bucket import Bucket
from nas_storage.clients import CLIENTS, Connection
from nas_storage.credentials import Credentials
from nas_storage.exchange import Allowance
from nas_storage.explain import KeysOf, explain, refused_session
from nas_storage.faults import NotFound, StorageError, StorageFault
from nas_storage.policy import Policy

SESSION_S = 3600
"""Seconds that are asked for: Amazon gives no more to a role that another role assumes."""
NAME_LENGTH = 64
"""Characters that a session's name may have; it is in the server's log."""


@dataclass(frozen=True)
class Session:
    """Keys that end."""

    credentials: Credentials
    expires: datetime


def sts_endpoint(address: BucketAddress) -> str | None:
    """Return the URL of the STS that a bucket's server has; None: Amazon's of the region."""
    host = urlsplit(address.endpoint or "").hostname or ""
    amazon = not host or host.rstrip(".").endswith((".amazonaws.com", ".amazonaws.com.cn"))
    return None if amazon else address.endpoint


def open_session(
    address: BucketAddress,
    credentials: Credentials,
    role_arn: str | None,
    name: str,
    document: str,
    policy: Policy,
    keys: KeysOf,
    servers: AllowedEndpoints,
) -> Session:
    """Return keys with no more rights than a policy gives.

    Args:
        address: the bucket and its server.
        credentials: the key that asks.
        role_arn: the role that it assumes; None: the server needs none.
        name: of the session; it is cut.
        document: the session policy.
        policy: the bounds of the call.
        keys: whose the key is, for messages.
        servers: those that may be contacted.

    Raises:
        StorageFault: if there are none.
    """
    endpoint = sts_endpoint(address)
    connection = replace(Connection.of(address, credentials, policy), service="sts", endpoint=endpoint)
    asked = {"RoleSessionName": name[:NAME_LENGTH], "Policy": document, "DurationSeconds": SESSION_S}
    if role_arn:
        asked["RoleArn"] = role_arn
    allowance = Allowance(policy.call_s, policy.answer_bytes, servers)
    try:
        with CLIENTS.lend(connection) as client, allowance.in_force():
            given = cast(Any, client).assume_role(**asked)["Credentials"]
            found = Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
            return Session(found, given["Expiration"])
    except StorageError:
        raise
    except Exception as error:
        # Any exception, as with the bucket's own calls.
        refused = refused_session(error, endpoint or "Amazon STS", keys)
        raise refused or explain(error, address.bucket, endpoint or "Amazon STS", keys) from error


def require_limits(
    address: BucketAddress, session: Session, key: str, policy: Policy, servers: AllowedEndpoints
) -> None:
    """Return if a session cannot read an object that its policy does not name.

    Raises:
        StorageFault: if it can, or could if there were one; or if that cannot be found out.
    """
    try:
        Bucket(address, session.credentials, policy, servers=servers).head(key, 1)
    except StorageFault as fault:
        if fault.reason == StorageReason.ACCESS_DENIED:
            return
        raise
    except NotFound:
        pass
    raise StorageFault(
        StorageReason.SESSION_NOT_LIMITED,
        f"storage.scoped: {address.endpoint or 'Amazon S3'} gives keys by STS, and lets them read s3://{address.bucket}/"
        f"{key}, which their session policy does not name; take a server that keeps to it, or remove scoped",
    )
