"""A kind of another project, without that project: any spec is taken, and the test does what its controller would."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.kube import Json, Kube
from tests.support.waiting import Waiter

from nas_dev.cache import locked


@contextmanager
def any_kind(kube: Kube, wait_for: Waiter, kind: str, group: str, version: str) -> Iterator[None]:
    """Install a CRD for the time of a test; another test that wants it waits."""
    schema: Json = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    served = {"name": version, "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    singular = kind.lower()
    names = {"kind": kind, "plural": f"{singular}s", "singular": singular, "listKind": f"{kind}List"}
    name = f"{singular}s.{group}"
    # One test at a time: the one that ends first would take the kind away from another.
    with locked(kube.cluster.directory.with_suffix(f".{name}.lock")):
        kube.apply(
            {
                "apiVersion": "apiextensions.k8s.io/v1",
                "kind": "CustomResourceDefinition",
                # The group of Kueue ends in that of Kubernetes' community, which asks for an approval.
                "metadata": {"name": name, "annotations": {"api-approved.kubernetes.io": "unapproved, for a test"}},
                "spec": {"group": group, "scope": "Namespaced", "names": names, "versions": [served]},
            }
        )
        kube.kubectl("wait", "--for=condition=Established", f"crd/{name}", "--timeout=30s")
        # At first the API server answers 429, "storage is (re)initializing", and an operator might pause for a minute.
        wait_for(lambda: kube.list(f"{singular}s") == [], 30, f"{kind}s can be listed")
        yield
        kube.kubectl("delete", "crd", name)
