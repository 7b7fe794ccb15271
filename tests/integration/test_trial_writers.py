"""Nobody but the operator writes trials, whatever a role of the namespace allows: the chart's policy."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
from tests.support.factories import raw_trial
from tests.support.kube import Kube
from tests.support.release import rendered

pytestmark = pytest.mark.cluster

ALICE = ("--as=alice", "--as-group=system:authenticated")
MESSAGE = "only the operator writes trials. Change the search, or delete the trial"
HOLD_NO_MORE = '--patch={"metadata": {"finalizers": null}}'
CHANGES = {
    "status": '{"status": {"metrics": {"val_accuracy": 0.99999}}}',
    "labels": '{"metadata": {"labels": {"nas-operator.io/search": "another"}}}',
}


@pytest.fixture
def policy(kube: Kube) -> Iterator[str]:
    """The policy for the test's namespace, with the operator's account ``planner``; and a role that gives all."""
    release = f"policy-{kube.namespace}"
    values = f"watchNamespaces={{{kube.namespace}}},serviceAccount.create=false,serviceAccount.name=planner"
    objects = rendered(kube, release, "trial-writers", values)
    kube.cluster.kubectl("apply", "--filename=-", stdin=objects)
    group, role = "rbac.authorization.k8s.io", {"kind": "Role", "metadata": {"name": "everything"}}
    rules = [{"apiGroups": ["nas-operator.io"], "resources": ["*"], "verbs": ["*"]}]
    binding = {
        "kind": "RoleBinding",
        "metadata": {"name": "everything"},
        "roleRef": {"apiGroup": group, "kind": "Role", "name": "everything"},
        "subjects": [
            {"apiGroup": group, "kind": "User", "name": "alice"},
            {"kind": "ServiceAccount", "name": "planner", "namespace": kube.namespace},
        ],
    }
    kube.apply(*({"apiVersion": f"{group}/v1"} | one for one in (role | {"rules": rules}, binding)))
    yield f"{release}-nas-operator-trial-writers"
    kube.cluster.kubectl("delete", "--filename=-", stdin=objects)


def test_what_a_team_writes_into_trials_is_denied(kube: Kube, policy: str) -> None:
    raw = raw_trial(0)
    trial = {
        "apiVersion": "nas-operator.io/v1alpha1",
        "kind": "NASTrial",
        "metadata": {"name": "guarded", "finalizers": ["tests.example/held"]},
        "spec": raw["spec"],
    }
    kube.kubectl("create", "--filename=-", stdin=json.dumps(trial))
    name = "guarded"

    def patch(change: str, *who: str) -> str:
        kind = ("--subresource=status",) if change == "status" else ()
        patch = ("patch", "nastrial", name, "--type=merge", f"--patch={CHANGES[change]}", "--dry-run=server")
        return kube.kubectl(*patch, *kind, *who)

    def denied(change: str) -> bool:
        try:
            patch(change, *ALICE)
        except RuntimeError as error:
            return MESSAGE in str(error)
        return False

    # The API server takes a moment to take up a policy.
    deadline = time.monotonic() + 60
    while not denied("status"):
        assert time.monotonic() < deadline, f"{policy} does not hold"
        time.sleep(0.2)
    assert denied("labels")
    forged = trial | {"metadata": {"name": "forged"}}
    with pytest.raises(RuntimeError, match=MESSAGE):
        kube.kubectl("create", "--filename=-", *ALICE, stdin=json.dumps(forged))
    patch("status", f"--as=system:serviceaccount:{kube.namespace}:planner")
    patch("status")  # cluster-admin: moves searches, restores backups
    controller = "system:serviceaccount:kube-system:generic-garbage-collector"
    groups = ("--as-group=system:serviceaccounts", "--as-group=system:serviceaccounts:kube-system")
    kube.kubectl("patch", "nastrial", name, "--type=merge", HOLD_NO_MORE, f"--as={controller}", *groups)
    # Deleting is what messages ask for.
    kube.kubectl("delete", "nastrial", name, "--timeout=60s", *ALICE)
