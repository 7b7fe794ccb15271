from __future__ import annotations

from typing import Any

import pytest
from tests.support.factories import search
from tests.support.policies import policy

from nas_core.api.storage import Storage
from nas_plan.limits.grants import account_refusal, bucket_refusal
from nas_plan.limits.rules import refusal

S3 = "https://s3.example.com"
SHARED = {"bucket": "nas", "prefix": "teams", "endpoint": S3}


def granting(**grants: Any) -> Any:
    return policy(grants=grants)


def test_an_account_is_used_only_where_a_policy_grants_it() -> None:
    spec = search(trialTemplate={"serviceAccountName": "trainer"}).spec
    why = refusal([], spec, "image:1")
    assert why == account_refusal([policy(maxGPUs=1)], spec.trial_template)
    assert why == (
        "no NASPolicy of this namespace grants 'trainer' in spec.trialTemplate.serviceAccountName "
        "(grants.serviceAccounts: none). Use one of these, or ask the platform team to add it"
    )
    assert "serviceAccounts: other)" in (refusal([granting(serviceAccounts=["other"])], spec, "image:1") or "")
    assert refusal([granting(serviceAccounts=["trainer"])], spec, "image:1") is None
    # What policies grant adds up, also beside one that grants nothing.
    policies = [granting(serviceAccounts=["other"]), granting(serviceAccounts=["trainer"]), policy(maxGPUs=1)]
    assert refusal(policies, spec, "image:1") is None
    assert refusal([], search().spec, "image:1") is None


@pytest.mark.parametrize(
    ("storage", "allowed"),
    [
        (SHARED, True),
        (SHARED | {"prefix": "teams/"}, True),
        (SHARED | {"endpoint": f"{S3}/"}, True),
        (SHARED | {"region": "eu-central-1"}, True),
        # Below the granted prefix lie the folders of namespaces, and a prefix of one's own could be another team's.
        (SHARED | {"prefix": "teams/team-b"}, False),
        (SHARED | {"prefix": "teams/../teams"}, False),
        (SHARED | {"prefix": "team"}, False),
        (SHARED | {"prefix": ""}, False),
        (SHARED | {"bucket": "nas2"}, False),
        # The key is shown to no server but the one that was named with the bucket.
        (SHARED | {"endpoint": "http://s3.example.com"}, False),
        (SHARED | {"endpoint": "https://s3.example.org"}, False),
        ({"bucket": "nas", "prefix": "teams"}, False),
    ],
)
def test_the_operators_identity_serves_for_what_is_granted_alone(storage: dict[str, str], allowed: bool) -> None:
    why = bucket_refusal([granting(buckets=[SHARED])], Storage.model_validate(storage))
    assert (why is None) is allowed
    if why:
        assert f"(grants.buckets: s3://nas/teams at {S3})" in why


def test_without_a_grant_the_message_says_what_is_asked() -> None:
    why = bucket_refusal([], Storage(bucket="nas", prefix="/a/"))
    assert why == (
        "spec.storage names no Secret (secretRef), and no NASPolicy of this namespace lets the operator use s3://nas/a "
        "at Amazon S3 with its own identity (grants.buckets: none). Use one of these as storage.bucket, storage.prefix "
        "and storage.endpoint, name a Secret, or ask the platform team to add it"
    )


def test_a_bucket_with_a_secret_needs_no_grant() -> None:
    assert bucket_refusal([], Storage.model_validate({"bucket": "nas", "secretRef": {"name": "keys"}})) is None
