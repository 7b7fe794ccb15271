"""Trial templates whose Jobs Kubernetes would deny: of each, the field that is told and words of the message.

One table for the API server (tests/integration) and for the models without one (tests/unit).
"""

from __future__ import annotations

from typing import Any

Case = tuple[dict[str, Any], str, list[str]]


def _resources(limits: dict[str, Any] | None = None, requests: dict[str, Any] | None = None) -> dict[str, Any]:
    given = {"limits": limits, "requests": requests}
    return {"resources": {field: amounts for field, amounts in given.items() if amounts is not None}}


def _toleration(**fields: Any) -> dict[str, Any]:
    return {"tolerations": [fields]}


DENIED_TEMPLATES: dict[str, Case] = {
    "Exists with a value": (
        _toleration(key="gpu", operator="Exists", value="yes"),
        "tolerations[0].value",
        ["operator Exists takes any value", "yes", "operator: Equal"],
    ),
    "a toleration of nothing": (
        _toleration(effect="NoSchedule"),
        "tolerations[0].operator",
        ["without a key the operator must be Exists", "set key"],
    ),
    "an empty key without Exists": (
        _toleration(key="", operator="Equal", value="x"),
        "tolerations[0].operator",
        ["without a key the operator must be Exists"],
    ),
    "a toleration's key with a space": (_toleration(key="a b", operator="Exists"), "tolerations[0].key", ["a b"]),
    "a toleration's key that is too long": (_toleration(key="k" * 64, value="v"), "tolerations[0].key", ["kkkkk"]),
    "a taint value with a space": (_toleration(key="gpu", value="a b"), "tolerations[0].value", ["a b"]),
    "seconds of another effect": (
        _toleration(key="gpu", operator="Exists", effect="NoSchedule", tolerationSeconds=5),
        "tolerations[0].tolerationSeconds",
        ["tolerationSeconds is for the effect NoExecute alone", "remove it"],
    ),
    "more seconds than 68 years": (
        _toleration(key="gpu", operator="Exists", effect="NoExecute", tolerationSeconds=10**10),
        "tolerations[0].tolerationSeconds",
        ["less than or equal to"],
    ),
    "an unknown effect": (
        _toleration(key="gpu", effect="Never"),
        "tolerations[0].effect",
        ["Never"],
    ),
    "a label's value with a space": ({"nodeSelector": {"zone": "a b"}}, "nodeSelector", ["zone", "a b"]),
    "a label's value that is too long": ({"nodeSelector": {"zone": "z" * 64}}, "nodeSelector", ["zone", "63"]),
    "a label's key with a space": ({"nodeSelector": {"a b": "x"}}, "nodeSelector", ["a b", "a key of nodeSelector"]),
    "a label's key with two domains": ({"nodeSelector": {"a/b/c": "x"}}, "nodeSelector", ["a/b/c"]),
    "a label's key that is too long": ({"nodeSelector": {"k" * 64: "x"}}, "nodeSelector", ["k" * 64]),
    "a GPU without its domain": (
        _resources(limits={"gpu": 1}),
        "resources.limits",
        ["gpu", "Kubernetes knows no such resource", "nvidia.com/gpu"],
    ),
    "half a GPU": (
        _resources(limits={"nvidia.com/gpu": "500m"}),
        "resources.limits",
        ["nvidia.com/gpu", "500m", "devices come whole"],
    ),
    **{
        f"{amount} GPUs": (
            _resources(limits={"nvidia.com/gpu": amount}),
            "resources.limits",
            ["nvidia.com/gpu", amount, "at most 6 digits"],
        )
        for amount in ("1e40", "1e400", "1e1000", "1k", "1000000")
    },
    "a GPU in requests alone": (
        _resources(requests={"nvidia.com/gpu": 1}),
        "resources.requests",
        ["nvidia.com/gpu", "must be equal", "set limits alone"],
    ),
    "more GPUs than requested": (
        _resources(limits={"nvidia.com/gpu": 2}, requests={"nvidia.com/gpu": 1}),
        "resources.requests",
        ["nvidia.com/gpu", "must be equal"],
    ),
    "a request above its limit": (
        _resources(limits={"cpu": 1, "memory": "1Gi"}, requests={"cpu": "1500m", "memory": "512Mi"}),
        "resources.requests",
        ["cpu", "1500m", "the request is above the limit", "raise the limit"],
    ),
    "memory above its limit": (
        _resources(limits={"memory": "1G"}, requests={"memory": "1Gi"}),
        "resources.requests",
        ["memory", "the request is above the limit"],
    ),
    **{
        f"{amount} of {name}": (
            _resources(**{field: {name: amount}}),
            f"resources.{field}",
            [name, str(amount), "no container starts in less than 1Mi", "Mi a mebibyte"],
        )
        for field, name, amount in (
            ("limits", "memory", "512m"),
            ("requests", "memory", 512),
            ("limits", "memory", "0.5k"),
            ("requests", "ephemeral-storage", "2000m"),
        )
    },
    "huge pages alone": (_resources(limits={"hugepages-2Mi": "4Mi"}), "resources", ["huge pages need cpu or memory"]),
    "huge pages of two amounts": (
        _resources(limits={"cpu": 1, "hugepages-2Mi": "4Mi"}, requests={"hugepages-2Mi": "2Mi"}),
        "resources.requests",
        ["hugepages-2Mi", "must be equal"],
    ),
    "an image with a space": ({"image": "my image:latest"}, "image", ["my image:latest"]),
    **{
        f"the image {image}": ({"image": image}, "image", [image])
        for image in ("Team/Trainer:1", "trainer:", "https://registry.example.org/trainer", "trainer@sha256:12", "a//b")
    },
    "a variable that begins with two dots": ({"env": [{"name": "..a"}]}, "env[0].name", ["..a"]),
}

ACCEPTED_TEMPLATES: dict[str, dict[str, Any]] = {
    "everything": {
        "image": "registry.example.org:5000/team/trainer@sha256:" + "0" * 64,
        "nodeSelector": {"kubernetes.io/arch": "amd64", "topology.example.org/Zone_1.a": "", "gpu": "a100"},
        "tolerations": [
            {"operator": "Exists"},
            {"key": "", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 0},
            {"key": "example.org/gpu", "value": "A_1.b"},
            {"key": "gpu", "operator": "Exists", "value": ""},
        ],
        "env": [{"name": ".a"}, {"name": "_A-b.c", "value": "x y"}],
        "resources": {
            "limits": {
                "cpu": 2,
                "memory": "4Gi",
                "nvidia.com/gpu": "1",
                "hugepages-2Mi": "4Mi",
                "ephemeral-storage": "1e9",
            },
            "requests": {"cpu": "1500m", "memory": "4G", "nvidia.com/gpu": 1, "hugepages-2Mi": "4096Ki"},
        },
    },
    "requests alone": {"resources": {"requests": {"cpu": "100m", "memory": "128Mi"}}},
}
