"""What policies grant: accounts for trials, and buckets that the operator uses with its own identity.

Both are somebody's rights that a user who writes a search has not. In Kubernetes whoever may create a pod may name any
account of the namespace in it; who may create a search only would gain that through the operator. And the operator's
identity may reach the buckets of many teams. So nothing is allowed that no policy of the namespace names, also where
there is no policy. What several policies name adds up.
"""

from __future__ import annotations

from collections.abc import Sequence

from nas_core.api.policy import GrantedBucket
from nas_core.api.storage import Storage
from nas_core.api.template import TrialTemplate
from nas_core.records.policy import PolicyView
from nas_plan.limits.words import listed


def account_refusal(policies: Sequence[PolicyView], template: TrialTemplate) -> str | None:
    """Return why trials may not have the account that their template names, None if they may, or it names none."""
    account = template.service_account_name
    granted = [name for policy in policies if policy.spec.grants for name in policy.spec.grants.service_accounts]
    if account is None or account in granted:
        return None
    return (
        f"no NASPolicy of this namespace grants {account!r} in spec.trialTemplate.serviceAccountName "
        f"(grants.serviceAccounts: {listed(granted)}). Use one of these, or ask the platform team to add it"
    )


def bucket_refusal(policies: Sequence[PolicyView], storage: Storage) -> str | None:
    """Return why the operator may not use a bucket with its own identity, None if it may, or a Secret is named.

    Bucket, server and prefix have to be those of one grant: with a prefix of its choice, a team could reach another
    one's objects in a bucket that several share.
    """
    granted = [bucket for policy in policies if policy.spec.grants for bucket in policy.spec.grants.buckets]
    asked = GrantedBucket(bucket=storage.bucket, endpoint=storage.endpoint, prefix=storage.prefix)
    if storage.secret_ref is not None or _same(asked) in map(_same, granted):
        return None
    return (
        f"spec.storage names no Secret (secretRef), and no NASPolicy of this namespace lets the operator use "
        f"{_named(asked)} with its own identity (grants.buckets: {listed([*map(_named, granted)])}). Use one of these "
        "as storage.bucket, storage.prefix and storage.endpoint, name a Secret, or ask the platform team to add it"
    )


def _same(bucket: GrantedBucket) -> tuple[str, str, str]:
    """Return what two have in common that are one."""
    return bucket.bucket, (bucket.endpoint or "").rstrip("/"), bucket.prefix.strip("/")


def _named(bucket: GrantedBucket) -> str:
    name, endpoint, prefix = _same(bucket)
    return f"s3://{name}/{prefix}".rstrip("/") + f" at {endpoint or 'Amazon S3'}"
