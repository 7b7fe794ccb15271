"""Fashion-MNIST (Debian's package of it) in the demo's bucket."""

from pathlib import Path

import boto3
from boto3.exceptions import S3UploadFailedError
from botocore.exceptions import BotoCoreError, ClientError

from nas_dev import system
from nas_dev.demo.target import DemoFailed, Target
from nas_dev.steps import Steps

PACKAGE = "dataset-fashion-mnist"
FILES = Path("/usr/share/datasets/fashion-mnist")


def upload_data(steps: Steps, target: Target, uri: str) -> None:
    """Put the four files at a data set's address in the target's bucket, unless they are there."""
    prefix = uri.removeprefix(f"s3://{target.bucket}/")
    s3 = boto3.client(
        "s3",
        endpoint_url=target.upload_endpoint,
        aws_access_key_id=target.access_key,
        aws_secret_access_key=target.secret_key,
        region_name="us-east-1",
    )
    try:
        listing = s3.list_objects_v2(Bucket=target.bucket, Prefix=prefix).get("Contents", [])
        there = {entry["Key"]: entry["Size"] for entry in listing}
        if not FILES.exists():
            system.install(steps, [PACKAGE])
        with steps.step("Fashion-MNIST to the bucket", quiet_below=0.5):
            for file in sorted(FILES.glob("*.gz")):
                if there.get(prefix + file.name) != file.stat().st_size:
                    s3.upload_file(str(file), target.bucket, prefix + file.name)
    except (BotoCoreError, ClientError, S3UploadFailedError) as error:
        where = target.upload_endpoint or "Amazon S3"
        raise DemoFailed(f"bucket {target.bucket!r} at {where} cannot be used: {error}") from error
