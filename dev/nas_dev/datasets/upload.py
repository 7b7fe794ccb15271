"""A data set's folder to an address in a bucket."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from boto3.exceptions import S3UploadFailedError
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from types_boto3_s3.client import S3Client

FAULTS = (BotoCoreError, ClientError, S3UploadFailedError)
"""What goes wrong when a bucket cannot be used."""


def upload(client: S3Client, folder: Path, uri: str) -> None:
    """Put the files of a folder, and of those in it, below ``s3://bucket/prefix/``.

    Those that are there in the same size are left as they are.

    Raises:
        ValueError: if the address is none.
        FAULTS: if the bucket cannot be used.
    """
    bucket, _, prefix = uri.removeprefix("s3://").partition("/")
    if not uri.startswith("s3://") or not bucket or not prefix.strip("/"):
        raise ValueError(f"{uri!r} is no address in a bucket; give s3://bucket/prefix/")
    prefix = prefix.strip("/") + "/"
    listing = client.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
    there = {entry["Key"]: entry["Size"] for entry in listing}
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        key = prefix + file.relative_to(folder).as_posix()
        if there.get(key) != file.stat().st_size:
            client.upload_file(str(file), bucket, key)
