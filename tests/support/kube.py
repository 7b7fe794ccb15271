"""The API server as the tests see it: objects of one namespace as plain JSON, and kubectl for what users do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import urllib3

from kubernetes import client, config
from nas_dev.cluster.embedded import Cluster

Json = dict[str, Any]
Objects = list[Json]

COLLECTIONS = {
    "nassearches": "/apis/nas-operator.io/v1alpha1",
    "nastrials": "/apis/nas-operator.io/v1alpha1",
    "nasmodels": "/apis/nas-operator.io/v1alpha1",
    "jobs": "/apis/batch/v1",
    "leases": "/apis/coordination.k8s.io/v1",
    "pods": "/api/v1",
    "services": "/api/v1",
    "events": "/api/v1",
}
"""The kinds that the cluster always has, by their plural."""

OF_TESTS = {"workloads": "/apis/kueue.x-k8s.io/v1beta2", "jobgroups": "/apis/example.org/v1"}
"""Those that tests make themselves."""

Unreachable = (urllib3.exceptions.HTTPError, client.ApiException)
"""What a read raises while the API server restarts."""


class Kube:
    """One namespace of a cluster."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self.cluster, self.namespace = cluster, namespace
        configuration = client.Configuration()
        config.load_kube_config(str(cluster.kubeconfig), client_configuration=configuration)
        self._host, self._api = configuration.host, client.ApiClient(configuration)
        self._headers = {"Authorization": configuration.get_api_key_with_prefix("BearerToken", alias="authorization")}

    # ---- what users do

    def kubectl(self, *arguments: str, stdin: str | None = None, check: bool = True) -> str:
        """Run kubectl in the namespace."""
        return self.cluster.kubectl(f"--namespace={self.namespace}", *arguments, stdin=stdin, check=check)

    def apply(self, *objects: Json) -> None:
        """``kubectl apply`` objects."""
        listing = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
        self.kubectl("apply", "--filename=-", stdin=json.dumps(listing))

    def apply_file(self, path: Path) -> None:
        """``kubectl apply`` a file."""
        self.kubectl("apply", f"--filename={path}")

    def patch(self, search: str, **spec: Any) -> None:
        """Change the spec of a search; None removes a field."""
        self.kubectl("patch", "nassearch", search, "--type=merge", f"--patch={json.dumps({'spec': spec})}")

    def suspend_job(self, job: str, suspended: bool) -> None:
        """Hold a Job or let it go on, as a queue does."""
        patch = json.dumps({"spec": {"suspend": suspended}})
        self.kubectl("patch", "job", job, "--type=merge", f"--patch={patch}")

    def delete(self, kind: str, name: str, *flags: str) -> None:
        """``kubectl delete``; returns when the object is gone."""
        self.kubectl("delete", kind, name, *flags)

    def dry_run(self, manifest: Json) -> tuple[int, str]:
        """Let the API server check a manifest, as ``kubectl create`` sends it; return its status and what it says."""
        plural = f"{manifest['kind'].lower()}{'es' if manifest['kind'].endswith('Search') else 's'}"
        path = f"/apis/{manifest['apiVersion']}/namespaces/{self.namespace}/{plural}"
        answer = self._send("POST", f"{path}?dryRun=All&fieldValidation=Strict", manifest, timeout=30)
        return answer.status, answer.read().decode()

    # ---- what there is

    def collection(self, plural: str) -> str:
        """Return the path of the objects of one kind."""
        return f"{(COLLECTIONS | OF_TESTS)[plural]}/namespaces/{self.namespace}/{plural}"

    def call(self, verb: str, path: str, body: Json | None = None, content_type: str = "application/json") -> Json:
        """Send one request and return the answer; raises one of :data:`Unreachable` if it is an error."""
        answer = self._send(verb, path, body, content_type)
        if answer.status >= 400:
            raise client.ApiException(status=answer.status, reason=answer.reason)
        found: Json = json.loads(answer.read())
        return found

    def _send(
        self, verb: str, path: str, body: Json | None, content_type: str = "application/json", timeout: float = 10
    ) -> Any:
        headers = self._headers | {"Content-Type": content_type}
        return self._api.call_api(verb, self._host + path, header_params=headers, body=body, _request_timeout=timeout)

    def list(self, plural: str) -> Objects:
        """Return the objects of one kind, sorted by name."""
        items: list[Json] = self.call("GET", self.collection(plural))["items"]
        return sorted(items, key=lambda item: item["metadata"]["name"])

    def find(self, plural: str, name: str) -> Json | None:
        """Return one object, None if there is none."""
        return next((item for item in self.list(plural) if item["metadata"]["name"] == name), None)

    def search(self, name: str) -> Json:
        """Return a search that exists."""
        found = self.find("nassearches", name)
        assert found is not None, f"there is no search {name}"
        return found

    def status(self, name: str) -> Json:
        """Return the status of a search; empty while it has none."""
        status: Json = self.search(name).get("status", {})
        return status

    def trials(self, search: str) -> Objects:
        """Return the trials of a search, sorted by index."""
        return [t for t in self.list("nastrials") if t["metadata"]["labels"]["nas-operator.io/search"] == search]

    def pods(self, search: str, phase: str | None = None) -> Objects:
        """Return the pods of a search's trials, of one phase if one is given."""
        pods = [p for p in self.list("pods") if p["metadata"]["labels"].get("nas-operator.io/search") == search]
        return [p for p in pods if phase in (None, p["status"]["phase"])]

    def events(self, search: str) -> Objects:
        """Return the Events on a search, oldest first."""
        mine = [e for e in self.list("events") if e["involvedObject"]["name"] == search]
        return sorted(mine, key=lambda e: e["lastTimestamp"] or "")


def condition(item: Json, kind: str) -> Json:
    """Return a condition of an object's status; an empty one if it is not there."""
    conditions = item.get("status", {}).get("conditions", ())
    found: Json = next((c for c in conditions if c["type"] == kind), {"status": "", "reason": "", "message": ""})
    return found


def holds(item: Json, kind: str) -> bool:
    """Whether a condition of an object is True."""
    return bool(condition(item, kind)["status"] == "True")


def job_ended(job: Json) -> bool:
    """Whether a Job has ended."""
    return holds(job, "Complete") or holds(job, "Failed")


def attempts(trial: Json) -> list[tuple[int, str]]:
    """Return number and outcome of a trial's attempts that have ended."""
    return [(a["number"], a["outcome"]) for a in trial.get("status", {}).get("attempts", ())]
