from __future__ import annotations

from benchmarks.operator.search import bare_job, search

from nas_dev.cluster import kwok


def test_the_bare_job_is_the_operators_but_for_the_owner() -> None:
    job = bare_job(search("ns", 10, 2, 0.5, fake_nodes=True))
    pod = job["spec"]["template"]["spec"]
    assert "ownerReferences" not in job["metadata"] and job["metadata"]["namespace"] == "ns"
    assert (pod["nodeSelector"], pod["tolerations"]) == (kwok.NODE_SELECTOR, kwok.TOLERATIONS)
    assert pod["containers"][0]["args"] == ["--seconds", "0.5"]
    assert "nas-operator.io/trial-input" in job["spec"]["template"]["metadata"]["annotations"]


def test_without_fake_nodes_it_runs_on_the_real_one() -> None:
    pod = bare_job(search("ns", 10, 2, 0.5, fake_nodes=False))["spec"]["template"]["spec"]
    assert "nodeSelector" not in pod and "tolerations" not in pod
