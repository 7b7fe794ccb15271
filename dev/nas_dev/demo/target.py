"""Where the demo runs: the embedded cluster, or one the user has."""

from collections.abc import Mapping
from dataclasses import dataclass

from nas_dev.cluster.embedded import Cluster
from nas_dev.images.build import build_and_load
from nas_dev.steps import Steps


class DemoFailed(RuntimeError):
    """The demo cannot go on; the message says what to do."""


CLUSTER = "demo"
"""The demo's embedded cluster: its own, so that its operator never meets the tests' searches."""


@dataclass(frozen=True)
class Target:
    """Where the demo runs: a cluster, the images it can pull, and a bucket."""

    kubeconfig: str | None
    context: str | None
    operator_image: str
    trial_image: str
    endpoint: str | None
    """The S3 server as pods see it; None: Amazon S3."""
    upload_endpoint: str | None
    """The S3 server as this machine sees it."""
    bucket: str
    access_key: str
    secret_key: str
    prometheus_url: str


def embedded(steps: Steps) -> Target:
    """Start the embedded cluster and build the images for it."""
    cluster = Cluster(CLUSTER, steps)
    cluster.up()
    built = build_and_load(steps, cluster, ["operator", "trial"])
    return Target(
        kubeconfig=str(cluster.kubeconfig),
        context=None,
        operator_image=built["operator"],
        trial_image=built["trial"],
        endpoint=cluster.s3.pod_endpoint,
        upload_endpoint=cluster.s3.host_endpoint,
        bucket=cluster.s3.bucket,
        access_key=cluster.s3.access_key,
        secret_key=cluster.s3.secret_key,
        prometheus_url=cluster.prometheus.pod_url,
    )


REQUIRED = {
    "OPERATOR_IMAGE": "the operator's image, built from Dockerfile, in a registry that the cluster pulls from",
    "TRIAL_IMAGE": "the trainer's image, built from trial_image/Dockerfile, in the same way",
    "AWS_ACCESS_KEY_ID": "the key of an S3 account that may read and write the bucket",
    "AWS_SECRET_ACCESS_KEY": "its secret half",
}


def existing(context: str, environment: Mapping[str, str]) -> Target:
    """Use a cluster of the user's, with the images and the bucket that the environment names.

    Raises:
        DemoFailed: naming each variable that is missing.
    """
    missing = [f"  {name}  {meaning}" for name, meaning in REQUIRED.items() if not environment.get(name)]
    if missing:
        raise DemoFailed(
            f"with CONTEXT={context} the demo uses your cluster, your images and your bucket; please set\n"
            + "\n".join(missing)
            + "\nand if need be\n"
            "  S3_ENDPOINT  the S3 server's URL as pods see it (default: Amazon S3)\n"
            "  AWS_ENDPOINT_URL  its URL as this machine sees it (default: S3_ENDPOINT)\n"
            "  S3_BUCKET  an existing bucket (default: nas)\n"
            "  PROMETHEUS_ENDPOINT  Prometheus's URL as pods see it (default: none, the operator scrapes itself)"
        )
    endpoint = environment.get("S3_ENDPOINT") or None
    return Target(
        kubeconfig=None,
        context=context,
        operator_image=environment["OPERATOR_IMAGE"],
        trial_image=environment["TRIAL_IMAGE"],
        endpoint=endpoint,
        upload_endpoint=environment.get("AWS_ENDPOINT_URL") or endpoint,
        bucket=environment.get("S3_BUCKET") or "nas",
        access_key=environment["AWS_ACCESS_KEY_ID"],
        secret_key=environment["AWS_SECRET_ACCESS_KEY"],
        prometheus_url=environment.get("PROMETHEUS_ENDPOINT") or "",
    )
