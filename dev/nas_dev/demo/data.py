"""Fashion-MNIST in the demo's bucket."""

import boto3

from nas_dev.datasets import folder
from nas_dev.datasets.upload import FAULTS, upload
from nas_dev.demo.target import DemoFailed, Target
from nas_dev.steps import Steps


def upload_data(steps: Steps, target: Target, uri: str) -> None:
    """Put the four files at a data set's address in the target's bucket, unless they are there."""
    s3 = boto3.client(
        "s3",
        endpoint_url=target.upload_endpoint,
        aws_access_key_id=target.access_key,
        aws_secret_access_key=target.secret_key,
        region_name="us-east-1",
    )
    files = folder("fashion-mnist", steps)
    try:
        with steps.step("Fashion-MNIST to the bucket", quiet_below=0.5):
            upload(s3, files, uri)
    except FAULTS as error:
        where = target.upload_endpoint or "Amazon S3"
        raise DemoFailed(f"bucket {target.bucket!r} at {where} cannot be used: {error}") from error
