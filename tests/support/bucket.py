"""A bucket of the cluster's S3 server, made for one test."""

from __future__ import annotations

import contextlib
import json
from datetime import datetime
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from nas_dev.cluster.embedded import Cluster
from nas_dev.cluster.s3 import S3

SECRET = "nas-storage"
REMOVALS = 20
"""How often a bucket is emptied and removed at most."""


class Bucket:
    """A bucket by name, which :meth:`create` makes; ``server`` can be stopped and started."""

    def __init__(self, cluster: Cluster, name: str) -> None:
        self.server: S3 = cluster.s3
        self.name = name
        self.client = boto3.client(
            "s3",
            endpoint_url=self.server.host_endpoint,
            region_name=self.server.region,
            aws_access_key_id=self.server.access_key,
            aws_secret_access_key=self.server.secret_key,
            config=Config(s3={"addressing_style": "path"}, proxies={}),
        )

    def create(self) -> None:
        """Make the bucket."""
        self.client.create_bucket(Bucket=self.name)

    def remove(self) -> None:
        """Remove the bucket with all that is in it, if it was made."""
        for _ in range(REMOVALS):
            if self.name not in {bucket["Name"] for bucket in self.client.list_buckets()["Buckets"]}:
                return
            for key in self.keys():
                self.client.delete_object(Bucket=self.name, Key=key)
            # An operator or a trial that is still ending may just have put one more object there.
            with contextlib.suppress(ClientError):
                self.client.delete_bucket(Bucket=self.name)
        raise AssertionError(f"bucket {self.name} cannot be removed")

    def keys(self, prefix: str = "") -> list[str]:
        """Return the keys below a prefix, sorted."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
        return sorted(item["Key"] for page in pages for item in page.get("Contents", ()))

    def key_of(self, address: str) -> str:
        """Return the key of what has an address ``s3://…`` in this bucket."""
        return address.removeprefix(f"s3://{self.name}/")

    def get(self, key: str) -> bytes:
        """Return an object."""
        content: bytes = self.client.get_object(Bucket=self.name, Key=key)["Body"].read()
        return content

    def modified(self, key: str) -> datetime:
        """Return when an object was last written."""
        when: datetime = self.client.head_object(Bucket=self.name, Key=key)["LastModified"]
        return when

    def put(self, key: str, content: bytes) -> None:
        """Put an object."""
        self.client.put_object(Bucket=self.name, Key=key, Body=content)

    def json(self, key: str) -> Any:
        """Return an object that is JSON."""
        return json.loads(self.get(key))

    def storage(self, **more: Any) -> dict[str, Any]:
        """Return ``spec.storage`` of a search that keeps its objects here."""
        return {"bucket": self.name, "endpoint": self.server.pod_endpoint, "secretRef": {"name": SECRET}} | more

    def secret(
        self, name: str = SECRET, labels: dict[str, str] | None = None, secret_key: str | None = None
    ) -> dict[str, Any]:
        """Return the Secret with the keys, as its owner marks it for trials."""
        return {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name, "labels": {"nas-operator.io/use": "trial"} if labels is None else labels},
            "stringData": {
                "accessKeyID": self.server.access_key,
                "secretAccessKey": secret_key or self.server.secret_key,
            },
        }
