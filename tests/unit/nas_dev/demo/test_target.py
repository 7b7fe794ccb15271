import pytest

from nas_dev.demo.target import REQUIRED, DemoFailed, existing

GIVEN = {
    "OPERATOR_IMAGE": "registry.example.com/nas-operator:1",
    "TRIAL_IMAGE": "registry.example.com/nas-trial:1",
    "AWS_ACCESS_KEY_ID": "key",
    "AWS_SECRET_ACCESS_KEY": "secret",
}


@pytest.mark.parametrize("name", REQUIRED)
def test_each_missing_variable_is_named_with_its_meaning(name: str) -> None:
    with pytest.raises(DemoFailed, match=f"CONTEXT=mine(.|\n)*{name}  {REQUIRED[name]}"):
        existing("mine", {**GIVEN, name: ""})


def test_amazon_s3_is_the_default() -> None:
    target = existing("mine", GIVEN)
    assert (target.endpoint, target.upload_endpoint, target.bucket) == (None, None, "nas")
    assert target.context == "mine"


def test_the_bucket_may_have_another_address_from_here() -> None:
    target = existing(
        "mine", {**GIVEN, "S3_ENDPOINT": "http://s3.in:9000", "AWS_ENDPOINT_URL": "http://localhost:9000"}
    )
    assert (target.endpoint, target.upload_endpoint) == ("http://s3.in:9000", "http://localhost:9000")
    assert existing("mine", {**GIVEN, "S3_ENDPOINT": "http://s3:1"}).upload_endpoint == "http://s3:1"
