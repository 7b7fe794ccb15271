from __future__ import annotations

from typing import Any

import pytest
from tests.support.policies import raw_namespace, raw_policy

from nas_core.records.policy import NamespaceView, PolicyView


def expression(operator: str, *values: str, key: str = "team") -> dict[str, Any]:
    return {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}


@pytest.mark.parametrize(
    ("selector", "selected"),
    [
        ({}, True),
        ({"matchLabels": {"kubernetes.io/metadata.name": "ns"}}, True),
        ({"matchLabels": {"kubernetes.io/metadata.name": "other"}}, False),
        ({"matchLabels": {"team": "vision", "tier": "free"}}, False),
        (expression("In", "speech", "vision"), True),
        (expression("In", "speech"), False),
        (expression("NotIn", "speech"), True),
        (expression("NotIn", "vision"), False),
        (expression("NotIn", "gold", key="tier"), True),
        (expression("Exists"), True),
        (expression("Exists", key="tier"), False),
        (expression("DoesNotExist"), False),
        (expression("DoesNotExist", key="tier"), True),
        ({"matchLabels": {"team": "vision"}} | expression("NotIn", "vision"), False),
    ],
)
def test_namespaces_are_selected_as_kubernetes_does(selector: dict[str, Any], selected: bool) -> None:
    policy = PolicyView.of(raw_policy(namespaceSelector=selector))
    assert policy.selects(NamespaceView.of(raw_namespace(team="vision"))) is selected
