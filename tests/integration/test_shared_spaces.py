"""Search spaces that a team shares, and hyperparameters beside them, on a real cluster with a trainer of one's own."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.kube import Kube
from tests.support.searches import check_record, check_replay, fault_search
from tests.support.waiting import Waiter

pytestmark = pytest.mark.cluster

RATE = {"name": "learningRate", "real": {"min": "0.001", "max": "1", "log": True}}


def space(**spec: Any) -> dict[str, Any]:
    kind = {"apiVersion": "nas-operator.io/v1alpha1", "kind": "NASSearchSpace", "metadata": {"name": "shared"}}
    return kind | {"spec": spec}


def test_a_search_waits_for_the_space_it_names_and_keeps_what_it_took(kube: Kube, wait_for: Waiter) -> None:
    search = fault_search(
        "own", "--seconds=1", trials=6, parallel=2, searchSpace={"ref": {"name": "shared"}}, hyperparameters=[RATE]
    )
    kube.apply(search)
    wait_for.condition("own", "Progressing", reason="SearchSpaceNotFound")
    assert kube.list("jobs") == []

    kube.apply(space(decisions=[{"name": "layers", "integer": {"min": 1, "max": 4}}]))
    kube.kubectl("wait", "nassearchspace/shared", "--for=condition=Accepted", "--timeout=20s")
    assert kube.kubectl("get", "nasspace", "shared", "--output=jsonpath={.status.size}") == "4"
    wait_for(lambda: len(kube.trials("own")) >= 2, 20, "trials")
    kube.delete("nassearchspace", "shared")

    kube.kubectl("wait", "nassearch/own", "--for=condition=Succeeded", "--timeout=120s")
    trials = kube.trials("own")
    check_record(trials, 6)
    check_replay(kube.search("own"), trials)
    for trial in trials:
        [candidate] = trial["spec"]["candidates"]
        assert candidate["architecture"].keys() == {"layers"}
        assert 0.001 <= float(candidate["hyperparameters"]["learningRate"]) <= 1


def test_a_space_that_cannot_be_used_says_why(kube: Kube, wait_for: Waiter) -> None:
    kube.apply(
        space(decisions=[{"name": "a", "choice": ["x"], "when": {"decision": "b", "values": ["y"]}}]),
        fault_search("unusable", searchSpace={"ref": {"name": "shared"}}),
    )
    kube.kubectl("wait", "nassearchspace/shared", "--for=condition=Accepted=false", "--timeout=20s")
    wait_for.condition("unusable", "Accepted", reason="SearchSpaceInvalid")
    assert "'a' depends on 'b'" in kube.kubectl("describe", "nassearch", "unusable")
