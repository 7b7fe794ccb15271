"""`spec.storage` of a search: the bucket of its checkpoints and results."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nas_core.api.base import ApiModel, Rule, k8s
from nas_core.api.types import Duration, LocalObjectReference

_LABEL = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
# A DNS name (RFC 1123) or an IPv4 address; botocore takes no other.
_HOST = rf"{_LABEL}(\.{_LABEL})*\.?"
_IPV6 = r"\[[0-9A-Fa-f:.]{2,45}\]"


BucketName = Annotated[
    str,
    Field(
        max_length=63,
        pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$",
        json_schema_extra=k8s(must="a bucket's name: 3 to 63 lower-case letters, digits, '-' and '.', without s3://"),
    ),
]
Endpoint = Annotated[
    str,
    Field(
        max_length=512,
        pattern=rf"^https?://({_HOST}|{_IPV6})(:[0-9]{{1,5}})?(/[^\s?#]*)?$",
        json_schema_extra=k8s(
            must="a URL beginning with http:// or https://, of a host and if need be a port and a path, such as "
            "https://s3.example.com:9000"
        ),
    ),
]
KeyPrefix = Annotated[
    str,
    Field(
        max_length=512,
        # The characters that S3's documentation calls safe in keys.
        pattern=r"^[A-Za-z0-9!_.*'()/-]*$",
        json_schema_extra=k8s(must="made of letters, digits and the characters !_.*'()/-"),
    ),
]

USUAL_SECRET = "nas-storage"  # noqa: S105
"""The Secret that is meant where a search names neither a Secret nor an account."""


class BucketAddress(ApiModel):
    """A bucket and how to reach its server: the operator uses it and passes it on to trials."""

    bucket: BucketName = Field(description="An existing bucket.")
    endpoint: Endpoint | None = Field(default=None, description="URL of the server; default: Amazon S3 of the region.")
    region: str = Field(
        # A signature contains a region, so there has to be one even where the server has none.
        default="us-east-1",
        max_length=63,
        pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$",
        json_schema_extra=k8s(
            must="a region's name: lower-case letters, digits and '-', beginning and ending with a letter or digit, "
            "such as us-east-1"
        ),
        description="Region name for request signing.",
    )
    # Path style needs no DNS name for each bucket, which servers of one's own seldom have.
    addressing_style: Literal["path", "virtual"] = Field(
        default="path", description="path: http://server/bucket/key; virtual: http://bucket.server/key."
    )
    ca_bundle: str | None = Field(
        default=None,
        # Part of every trial's input, and so of an annotation.
        max_length=16_384,
        json_schema_extra=k8s(
            rules=(
                Rule(
                    "self.contains('-----BEGIN CERTIFICATE-----') && self.contains('-----END CERTIFICATE-----')",
                    "must be certificates in PEM, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----",
                ),
            )
        ),
        description="PEM certificates of the authorities that the server's certificate is checked against.",
    )

    def is_same_bucket(self, other: BucketAddress) -> bool:
        """Whether two addresses are of one bucket of one server."""
        return (self.bucket, self.endpoint) == (other.bucket, other.endpoint)


class Storage(BucketAddress):
    """An S3-compatible bucket for checkpoints and results."""

    rules: ClassVar = (
        Rule(
            "!has(self.scoped) || !self.scoped || has(self.endpoint) || has(self.roleARN)",
            "storage.scoped on Amazon S3 needs a role whose rights are limited; name one in storage.roleARN",
            field_path=".scoped",
            broken_by=lambda held: (
                "no roleARN" if held.scoped and held.endpoint is None and held.role_arn is None else None
            ),
        ),
        Rule(
            "!has(self.scoped) || !self.scoped || !has(self.prefix) || !self.prefix.contains('*')",
            "storage.scoped names keys in a policy, where * stands for any; take it out of storage.prefix",
            field_path=".prefix",
            broken_by=lambda held: held.prefix if held.scoped and "*" in held.prefix else None,
        ),
        Rule(
            "!has(self.roleARN) || (has(self.scoped) && self.scoped)",
            "storage.roleARN is for storage.scoped alone; set scoped: true, or remove it",
            field_path=".roleARN",
            broken_by=lambda held: held.role_arn if held.role_arn is not None and not held.scoped else None,
        ),
    )

    prefix: KeyPrefix = Field(default="", description="Everything is kept below this prefix.")
    secret_ref: LocalObjectReference | None = Field(
        default=None,
        description=(
            "Secret with the keys accessKeyID and secretAccessKey (and sessionToken), labelled "
            "nas-operator.io/use=trial. "
            "The operator reads only Secrets of the names it was installed with. Default: nas-storage; with "
            "trialTemplate.serviceAccountName none, trials and operator have identities of their own."
        ),
    )
    scoped: bool = Field(
        default=False,
        description=(
            "true: pods get no key of the Secret, but short-lived ones (STS AssumeRole with a session policy) that "
            "reach only what their own trial reads and writes. The server and the operator's chart have to allow it."
        ),
    )
    role_arn: str | None = Field(
        default=None,
        max_length=512,
        pattern=r"^arn:[a-z0-9-]+:iam::[A-Za-z0-9_]*:role/[A-Za-z0-9+=,.@_/-]+$",
        json_schema_extra=k8s(must="the ARN of a role, such as arn:aws:iam::123456789012:role/trials"),
        description="With scoped: the role that the key of the Secret may assume. Amazon S3 and Ceph need one.",
    )
    checkpoint_policy: Literal["All", "Best", "Latest", "None"] = Field(
        default="All",
        description=(
            "Which checkpoints of ended trials are kept. All: what the trainer keeps, at most three of each. Latest: "
            "of each the one on record. Best: the same, of those that status.best and status.targets show. What "
            "models, shared weights, rungs and trials that may resume need stays."
        ),
    )
    trial_history: int = Field(
        default=1000,
        ge=0,
        le=10_000,
        description=(
            "Ended trials of candidates that stay as NASTrial objects. Older ones are deleted once they are in the "
            "ledger in the bucket (docs/ledger.md), and count as before."
        ),
    )
    checkpoint_interval: Duration = Field(
        default="30s",
        description=(
            "Training that a killed pod loses at most: a checkpoint is written so often, within epochs too. Less often "
            "where that would take more than 5 % of the time, which the trial then warns of."
        ),
    )
    deletion_policy: Literal["Retain", "Delete"] = Field(
        default="Retain", description="What happens to checkpoints and results when the search is deleted."
    )
    knowledge: bool = Field(
        default=True,
        description=(
            "Whether the search leaves its results in the namespace's knowledge base in the bucket when it ends, for "
            "warmStart.knowledge of later ones: architectures, metrics, sizes of the data, no data (docs/transfer.md)."
        ),
    )
