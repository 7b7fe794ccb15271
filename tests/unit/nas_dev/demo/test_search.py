from dataclasses import replace

import pytest
import yaml

from nas_dev.cluster.network import NODE_IP
from nas_dev.cluster.s3 import BUCKET, PORT
from nas_dev.demo.operator import image_values, storage_values
from nas_dev.demo.search import EXAMPLE, search_for
from nas_dev.demo.target import Target

EMBEDDED = Target(
    kubeconfig="/k",
    context=None,
    operator_image="o",
    trial_image="t",
    endpoint=f"http://{NODE_IP}:{PORT}",
    upload_endpoint="http://127.0.0.1:1",
    bucket=BUCKET,
    access_key="a",
    secret_key="s",
    prometheus_url="",
)


def test_the_example_fits_the_embedded_cluster_as_it_is() -> None:
    assert search_for(EMBEDDED) == yaml.safe_load(EXAMPLE.read_text())


def test_another_bucket_changes_the_address_of_the_data_too() -> None:
    spec = search_for(replace(EMBEDDED, bucket="mine", endpoint=None))["spec"]
    assert spec["task"]["dataset"]["uri"] == "s3://mine/datasets/fashion-mnist/"
    assert spec["storage"]["bucket"] == "mine"
    assert "endpoint" not in spec["storage"]


@pytest.mark.parametrize(
    ("reference", "values"),
    [
        ("localhost/nas-operator:dev", {"repository": "localhost/nas-operator", "tag": "dev"}),
        ("registry:5000/nas", {"repository": "registry:5000/nas", "tag": "latest"}),
        ("registry:5000/nas:1", {"repository": "registry:5000/nas", "tag": "1"}),
        ("r/nas@sha256:ab", {"repository": "r/nas", "digest": "sha256:ab"}),
    ],
)
def test_an_image_reference_becomes_the_charts_values(reference: str, values: dict[str, str]) -> None:
    assert image_values(reference) == values


def test_the_operator_may_use_the_demos_server() -> None:
    assert storage_values("http://10.244.0.1:8333") == {"allowedEndpoints": ["10.244.0.1:8333"]}
    assert storage_values(None) == {}
