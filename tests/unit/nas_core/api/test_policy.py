from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from nas_core.api.policy import NASPolicySpec
from nas_core.crd.schema import custom_resource_definitions
from nas_storage.allowed_endpoints import AllowedEndpoints


def spec(**given: Any) -> NASPolicySpec:
    return NASPolicySpec.model_validate({"namespaceSelector": {}} | given)


def test_a_policy_belongs_to_no_namespace() -> None:
    scopes = {crd["spec"]["names"]["kind"]: crd["spec"]["scope"] for crd in custom_resource_definitions()}
    assert scopes.pop("NASPolicy") == "Cluster" and set(scopes.values()) == {"Namespaced"}


@pytest.mark.parametrize(("operator", "values"), [("In", []), ("Exists", ["a"])])
def test_a_selector_without_sense_is_refused(operator: str, values: list[str]) -> None:
    expression = {"key": "team", "operator": operator, "values": values}
    with pytest.raises(ValidationError, match="In and NotIn take values"):
        spec(namespaceSelector={"matchExpressions": [expression]})


SERVERS = [
    "s3.example.com",
    "*.s3.example.com",
    "minio.storage.svc:9000",
    "10.1.2.3:9000",
    "10.1.0.0/16:*",
    "0.0.0.0/0",
]


@pytest.mark.parametrize("server", SERVERS)
def test_every_server_that_the_schema_takes_can_be_read(server: str) -> None:
    [taken] = spec(allowedStorageEndpoints=[server]).allowed_storage_endpoints or []
    assert AllowedEndpoints.of([taken]).entries


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("allowedStorageEndpoints", "https://s3.example.com"),
        ("allowedStorageEndpoints", "10.1.0.0/33"),
        ("allowedStorageEndpoints", "300.1.0.0/16"),
        ("allowedImages", "sha256:abc def"),
        ("allowedImages", ""),
        ("allowedNodeSelectors", "a b"),
        ("allowedNodeSelectors", "pool=a=b"),
    ],
)
def test_what_nothing_can_match_is_refused(field: str, value: str) -> None:
    with pytest.raises(ValidationError):
        spec(**{field: [value]})
