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


def _volume(path: str = "/mnt/x", **source: Any) -> dict[str, Any]:
    return {"volumes": [{"name": "mine", "mountPath": path, **source}]}


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
    "another kind than Job with several pods": (
        {"jobKind": "jobset", "nodes": 2},
        "jobKind",
        ["a training of another kind than Job has one pod", "remove jobKind, or nodes"],
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
    **{
        f"the label {key}": (
            {"labels": {key: "x"}},
            "labels",
            [key, "none that the operator or Kubernetes' Jobs write"],
        )
        for key in (
            "nas-operator.io/search-uid",
            "x.nas-operator.io/y",
            "batch.kubernetes.io/job-name",
            "job-name",
            "app.kubernetes.io/managed-by",
            "kueue.x-k8s.io/managed",
            "kueue.x-k8s.io/prebuilt-workload-name",
            "a b",
        )
    },
    **{
        f"the annotation {key}": ({"annotations": {key: "x"}}, "annotations", [key, "none of nas-operator.io"])
        for key in (
            "nas-operator.io/trial-input",
            "prometheus.io/port",
            "container.apparmor.security.beta.kubernetes.io/trial",
            "seccomp.security.alpha.kubernetes.io/pod",
            "a/b/c",
        )
    },
    "a class of Kubernetes' own": (
        {"priorityClassName": "system-node-critical"},
        "priorityClassName",
        ["names beginning with system- are for Kubernetes' own pods"],
    ),
    "domains that nobody asks for": (
        {
            "topologySpreadConstraints": [
                {"topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway", "minDomains": 2}
            ]
        },
        "topologySpreadConstraints[0].minDomains",
        ["minDomains is for DoNotSchedule alone"],
    ),
    "a claim that the pod has not": (
        {"resources": {"claims": [{"name": "gpu"}]}},
        "resources",
        ["each of resources.claims is one of resourceClaims"],
    ),
    "a claim that no container uses": (
        {"resourceClaims": [{"name": "gpu", "resourceClaimTemplateName": "one-gpu"}]},
        "resourceClaims",
        ["no container uses one of resourceClaims", "name it in resources.claims"],
    ),
    "a claim by two names": (
        {
            "resources": {"claims": [{"name": "gpu"}]},
            "resourceClaims": [{"name": "gpu", "resourceClaimTemplateName": "a", "resourceClaimName": "b"}],
        },
        "resourceClaims[0]",
        ["set exactly one of resourceClaimName and resourceClaimTemplateName"],
    ),
    "a volume of two kinds": (
        _volume(emptyDir={"sizeLimit": "1Gi"}, configMap={"name": "x"}),
        "volumes[0]",
        ["set exactly one of persistentVolumeClaim, configMap, secret, emptyDir and ephemeral"],
    ),
    **{
        f"a volume at {path}": (_volume(path, emptyDir={"sizeLimit": "1Gi"}), "volumes[0].mountPath", words)
        for path, words in {
            "/tmp": ["choose another mountPath"],
            "/data/more": ["choose another mountPath"],
            "/etc/nas": ["choose another mountPath"],
            "mnt": ["mnt"],
            "/mnt/../etc": ["/mnt/../etc"],
            "/": ["/"],
            "/a:b": ["/"],
        }.items()
    },
    "two volumes at one path": (
        {
            "volumes": [
                *_volume(emptyDir={"sizeLimit": 1})["volumes"],
                {"name": "b", "mountPath": "/mnt/x", "secret": {"secretName": "s"}},
            ]
        },
        "volumes",
        ["two volumes cannot have one mountPath"],
    ),
    "an account by a path": ({"serviceAccountName": "team/trainer"}, "serviceAccountName", ["team/trainer"]),
    "variables from nowhere": ({"envFrom": [{}]}, "envFrom[0]", ["set exactly one of secretRef and configMapRef"]),
}

UNKNOWN_FIELDS: dict[str, tuple[dict[str, Any], str]] = {
    "a path of the node": (_volume(hostPath={"path": "/"}), "volumes[0].hostPath"),
    "a projected token": (_volume(projected={"sources": []}), "volumes[0].projected"),
    "a token of the account": ({"automountServiceAccountToken": True}, "automountServiceAccountToken"),
    "the node's network": ({"hostNetwork": True}, "hostNetwork"),
    "a security context": ({"securityContext": {}}, "securityContext"),
    "an init container with rights": (
        {"initContainers": [{"name": "a", "securityContext": {"privileged": True}}]},
        "initContainers[0].securityContext",
    ),
    "an unknown part of affinity": ({"affinity": {"podAfinity": {}}}, "affinity.podAfinity"),
}
"""Of a pod, but of no template: what they would let a team do, RBAC or Pod Security denies."""

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
    "a good citizen": {
        "labels": {"team": "vision", "kueue.x-k8s.io/queue-name": "gpus", "kueue.x-k8s.io/priority-class": "low"},
        "annotations": {
            "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
            "kueue.x-k8s.io/podset-required-topology": "cloud.example.org/rack",
        },
        "priorityClassName": "batch-low",
        "schedulerName": "binpacking",
        "runtimeClassName": "nvidia",
        "affinity": {
            "nodeAffinity": {
                "preferredDuringSchedulingIgnoredDuringExecution": [
                    {"weight": 1, "preference": {"matchExpressions": [{"key": "gpu", "operator": "Exists"}]}}
                ]
            },
            "podAntiAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": [
                    {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"noisy": "yes"}}}
                ]
            },
        },
        "topologySpreadConstraints": [
            {"topologyKey": "topology.kubernetes.io/zone", "minDomains": 2},
            {
                "topologyKey": "rack",
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": {"a": "b"}},
            },
        ],
        "resources": {"limits": {"memory": "2Gi"}, "claims": [{"name": "gpu", "request": "big"}, {"name": "nic"}]},
        "resourceClaims": [
            {"name": "gpu", "resourceClaimTemplateName": "one-gpu"},
            {"name": "nic", "resourceClaimName": "shared-nic"},
        ],
        "envFrom": [{"secretRef": {"name": "hub"}}, {"configMapRef": {"name": "proxies"}}],
        "volumes": [
            {
                "name": "models",
                "mountPath": "/mnt/models",
                "readOnly": True,
                "persistentVolumeClaim": {"claimName": "m"},
            },
            {"name": "conf", "mountPath": "/mnt/conf", "configMap": {"name": "proxies"}},
            {"name": "keys", "mountPath": "/mnt/keys", "secret": {"secretName": "hub"}},
            {"name": "room", "mountPath": "/mnt/room", "emptyDir": {"sizeLimit": "10Gi", "medium": "Memory"}},
            {"name": "fast", "mountPath": "/mnt/fast", "ephemeral": {"size": "100Gi", "storageClassName": "nvme"}},
        ],
        "initContainers": [
            {"name": "fetch", "image": "example.org/fetch:1", "command": ["fetch"], "args": ["/mnt/room"]},
            {"name": "check", "command": ["true"]},
        ],
    },
    "requests alone": {"resources": {"requests": {"cpu": "100m", "memory": "128Mi"}}},
}
