"""The demo's search: the example as it is applied, and the few writes that start and end it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import yaml

from kubernetes import client, config
from nas_dev.demo.target import DemoFailed, Target
from nas_dev.paths import REPOSITORY
from nas_dev.steps import Steps

EXAMPLE = REPOSITORY / "examples" / "01-fashion-mnist.yaml"
NAMESPACE = "demo"
SECRET = "nas-storage"
SEARCHES: dict[str, Any] = {
    "group": "nas-operator.io",
    "version": "v1alpha1",
    "namespace": NAMESPACE,
    "plural": "nassearches",
}


def search_for(target: Target) -> dict[str, Any]:
    """Return the example, with its storage where the target's is; the file itself stays as it is."""
    search: dict[str, Any] = yaml.safe_load(EXAMPLE.read_text())
    storage, dataset = search["spec"]["storage"], search["spec"]["task"]["dataset"]
    # In the example data and results share a bucket, so both names change together.
    dataset["uri"] = dataset["uri"].replace(f"s3://{storage['bucket']}/", f"s3://{target.bucket}/")
    storage["bucket"] = target.bucket
    if target.endpoint:
        storage["endpoint"] = target.endpoint
    else:
        del storage["endpoint"]
    return search


class Kubernetes:
    """The few writes of the demo."""

    def __init__(self, target: Target) -> None:
        configuration = client.Configuration()
        config.load_kube_config(target.kubeconfig, target.context, configuration)  # type: ignore[no-untyped-call]
        api = client.ApiClient(configuration)
        self._core, self._custom = client.CoreV1Api(api), client.CustomObjectsApi(api)

    def namespace_and_secret(self, target: Target) -> None:
        """Make the namespace and the Secret with the bucket's keys."""
        secret = client.V1Secret(
            metadata=client.V1ObjectMeta(name=SECRET, labels={"nas-operator.io/use": "trial"}),
            string_data={"accessKeyID": target.access_key, "secretAccessKey": target.secret_key},
        )
        with _allowing(409):
            self._core.create_namespace(client.V1Namespace(metadata=client.V1ObjectMeta(name=NAMESPACE)))
        with _allowing(409):
            self._core.create_namespaced_secret(NAMESPACE, secret)
        # One that was there may hold the keys of an earlier cluster.
        self._core.patch_namespaced_secret(SECRET, NAMESPACE, secret)

    def find(self, name: str) -> dict[str, Any] | None:
        """Return a search, None if there is none."""
        with _allowing(404):
            found: Any = self._custom.get_namespaced_custom_object(name=name, **SEARCHES)
            return dict(found)
        return None

    def create(self, search: dict[str, Any]) -> None:
        """Create a search."""
        self._custom.create_namespaced_custom_object(body=search, **SEARCHES)

    def delete(self, name: str, seconds: float = 60) -> None:
        """Delete a search and wait until it is gone."""
        with _allowing(404):
            self._custom.delete_namespaced_custom_object(name=name, **SEARCHES)
        deadline = time.monotonic() + seconds
        while self.find(name):
            if time.monotonic() > deadline:
                raise DemoFailed(f"search {name!r} is still there after {seconds:.0f} s; see the operator's log")
            time.sleep(0.2)


@contextmanager
def _allowing(status: int) -> Iterator[None]:
    try:
        yield
    except client.ApiException as error:
        if error.status != status:
            raise


def start_search(steps: Steps, kubernetes: Kubernetes, search: dict[str, Any]) -> None:
    """Start the search, or join the one that an earlier, interrupted demo left running."""
    name = search["metadata"]["name"]
    found = kubernetes.find(name)
    # One that has ended does nothing more while its spec stays the same, so a new one takes its place.
    if found and not _ended(found):
        steps.say(f"  joining the search {name} that is still running")
        return
    if found:
        with steps.step("remove the former search", quiet_below=0.5):
            kubernetes.delete(name)
    kubernetes.create(search)


def _ended(search: dict[str, Any]) -> bool:
    conditions = search.get("status", {}).get("conditions", [])
    return any(c["type"] in ("Succeeded", "Failed") and c["status"] == "True" for c in conditions)
