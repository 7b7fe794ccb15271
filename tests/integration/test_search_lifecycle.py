"""A search from its creation to its deletion, on a real cluster, with trials that take a second."""

from __future__ import annotations

import pytest
from tests.support.bucket import Bucket
from tests.support.kube import Kube, attempts, condition, holds
from tests.support.searches import Json, check_record, check_replay, fault_search, score, score_of
from tests.support.waiting import Waiter

from nas_client.cli.main import main as nasctl

pytestmark = pytest.mark.cluster


def test_a_search_shows_its_plan_before_it_spends_and_its_best_at_the_end(kube: Kube, wait_for: Waiter) -> None:
    kube.apply(fault_search("plain", "--seconds=1", trials=8, parallel=4, suspend=True))
    wait_for.condition("plain", "Suspended")
    status = kube.status("plain")
    assert status["plan"] == {
        "candidates": 8,
        "spaceSize": "15625",
        "epochs": 80,
        "gpuHoursAtMost": "0",
        "strategy": "regularized-evolution",
        "objective": "val_accuracy",
        "chosen": [],
    }
    assert status["trials"]["total"] == 0
    assert kube.list("jobs") == []

    kube.patch("plain", suspend=None)
    # Ends whether the search succeeds or not.
    kube.kubectl("wait", "nassearch/plain", "--for=condition=Reconciling=false", "--timeout=120s")
    kube.kubectl("wait", "nassearch/plain", "--for=condition=Ready", "--timeout=1s")

    search, trials = kube.search("plain"), kube.trials("plain")
    status = search["status"]
    assert status["observedGeneration"] == search["metadata"]["generation"]
    assert {state: n for state, n in status["trials"].items() if n} == {"total": 8, "succeeded": 8}
    assert status["progress"] == "8/8"
    best = max(trials, key=score)
    [shown] = status["best"]
    assert shown["trial"] == best["metadata"]["name"]
    assert shown["architecture"] == best["spec"]["candidates"][0]["text"]
    assert shown["metrics"]["val_accuracy"] == score(best)
    assert float(status["bestValue"]) == pytest.approx(score(best), abs=1e-6)
    assert status["cost"]["trialSeconds"] == sum(t["status"]["trialSeconds"] for t in trials) >= 8
    assert status["startTime"] < status["completionTime"]
    assert (condition(search, "Succeeded")["reason"], holds(search, "Progressing")) == ("BudgetSpent", False)
    assert condition(search, "Progressing")["reason"] == "Succeeded"
    check_record(trials, 8)
    check_replay(search, trials)
    assert all(attempts(t) == [(1, "Succeeded")] for t in trials)
    wait_for.events("plain", "Accepted", "Suspended", "Resumed", "NewBest", "Succeeded")
    where = ["--kubeconfig", str(kube.cluster.kubeconfig), "--namespace", kube.namespace]
    assert [nasctl([command, "plain", *where]) for command in ("watch", "best", "replay")] == [0, 0, 0]


def test_suspending_ends_the_pods_and_resuming_makes_the_next_attempt(kube: Kube, wait_for: Waiter) -> None:
    kube.apply(fault_search("pausing", "--seconds=8", trials=2, parallel=2))
    wait_for.counts("pausing", running=2)
    kube.patch("pausing", suspend=True)
    wait_for.condition("pausing", "Suspended", reason="Suspended")
    wait_for(lambda: not kube.list("jobs") and not kube.pods("pausing"), 20, "Jobs and pods are gone")
    search = kube.search("pausing")
    assert search["status"]["trials"]["suspended"] == 2
    assert search["status"]["trials"]["failed"] == 0
    assert "since" not in search["status"]["activity"]
    assert [attempts(t) for t in kube.trials("pausing")] == [[(1, "Suspended")]] * 2

    kube.patch("pausing", suspend=None)
    wait_for.condition("pausing", "Succeeded")
    trials = kube.trials("pausing")
    assert [attempts(t) for t in trials] == [[(1, "Suspended"), (2, "Succeeded")]] * 2
    assert kube.status("pausing")["trials"]["failed"] == 0
    check_record(trials, 2)


def test_raising_the_budget_of_a_finished_search_continues_it(kube: Kube, wait_for: Waiter) -> None:
    kube.apply(fault_search("longer", trials=2))
    wait_for.condition("longer", "Succeeded")
    first = kube.trials("longer")
    kube.patch("longer", budget={"maxTrials": 5})
    wait_for(lambda: kube.status("longer")["progress"] == "5/5", 60, "the three new trials have ended")
    wait_for.condition("longer", "Succeeded")
    search, trials = kube.search("longer"), kube.trials("longer")
    assert [t["metadata"]["uid"] for t in trials[:2]] == [t["metadata"]["uid"] for t in first]
    assert trials[:2] == first, "trials that had ended were touched"
    check_record(trials, 5)
    check_replay(search, trials)
    wait_for.events("longer", "Continued")


def test_several_candidates_a_trial(kube: Kube, bucket: Bucket, wait_for: Waiter) -> None:
    packing: Json = {"evaluation": {"candidatesPerTrial": 4, "epochs": 1}, "storage": bucket.storage()}
    kube.apply(fault_search("packed", "--fail-candidate=5", trials=10, parallel=2, ordered=True, **packing))
    wait_for.condition("packed", "Succeeded")
    search, trials = kube.search("packed"), kube.trials("packed")
    assert [(t["spec"]["index"], len(t["spec"]["candidates"])) for t in trials] == [(0, 4), (4, 4), (8, 2)]
    assert {state: n for state, n in search["status"]["trials"].items() if n} == {
        "total": 10,
        "succeeded": 9,
        "failed": 1,
    }
    assert all(attempts(t) == [(1, "Succeeded")] for t in trials)
    check_record(trials, 10)
    check_replay(search, trials)
    candidates = [(one, t) for t in trials for one in t["spec"]["candidates"] if one["id"] != failed_id(trials)]
    best, trial = max(candidates, key=lambda pair: score_of(pair[0]["id"]))
    [shown] = search["status"]["best"]
    assert (shown["id"], shown["trial"]) == (best["id"], trial["metadata"]["name"])
    wait_for.events("packed", "CandidatesFailed")


@pytest.mark.parametrize(
    ("strategy", "origins"),
    [
        ({"nsga2": {"populationSize": 4}}, {"Random", "Crossover", "Mutation"}),
        ({"bayesian": {"initialCandidates": 4}}, {"Random", "Model"}),
    ],
    ids=lambda given: next(iter(given)) if isinstance(given, dict) else "",
)
def test_a_strategy_with_two_objectives(
    strategy: dict[str, object], origins: set[str], kube: Kube, bucket: Bucket, wait_for: Waiter
) -> None:
    packing: Json = {"evaluation": {"candidatesPerTrial": 4, "epochs": 1}, "storage": bucket.storage()}
    objectives = [{"metric": "val_accuracy"}, {"metric": "parameters", "goal": "minimize"}]
    search = fault_search("chosen", trials=12, parallel=1, objectives=objectives, **packing)
    search["spec"]["strategy"] = {**strategy, "seed": 3}
    kube.apply(search)
    wait_for.condition("chosen", "Succeeded")
    trials = kube.trials("chosen")
    check_record(trials, 12)
    check_replay(kube.search("chosen"), trials)
    assert {one["origin"] for trial in trials for one in trial["spec"]["candidates"]} <= origins
    assert "Random" not in {one["origin"] for one in trials[-1]["spec"]["candidates"]}


def failed_id(trials: list[Json]) -> str:
    """Return the id of candidate 5, which was told to fail."""
    identity: str = trials[1]["spec"]["candidates"][1]["id"]
    return identity


def test_parallel_trials_may_change_while_it_runs(kube: Kube, wait_for: Waiter) -> None:
    kube.apply(fault_search("wider", "--seconds=600", trials=20, parallel=1))
    wait_for.counts("wider", running=1)
    assert len(kube.list("jobs")) == 1
    kube.patch("wider", budget={"parallelTrials": 3})
    wait_for.counts("wider", running=3)
    kube.patch("wider", budget={"parallelTrials": 1})
    wait_for(
        lambda: kube.status("wider")["observedGeneration"] == kube.search("wider")["metadata"]["generation"],
        10,
        "the change has been seen",
    )
    assert len(kube.pods("wider", "Running")) == 3, "lowering it must not stop trials that run"
    assert len(kube.trials("wider")) == 3


@pytest.mark.parametrize("policy", ["Delete", "Retain"])
def test_deleting_a_search(policy: str, kube: Kube, bucket: Bucket, wait_for: Waiter) -> None:
    storage = bucket.storage(prefix="team-a", deletionPolicy=policy)
    kube.apply(
        fault_search("kept", "--seconds=2", trials=20, parallel=2, storage=bucket.storage(prefix="team-a")),
        fault_search("doomed", "--seconds=2", trials=20, parallel=2, storage=storage),
    )
    wait_for.counts("doomed", succeeded=2, running=1)
    root = bucket.key_of(kube.status("doomed")["storageRoot"])
    assert root == f"team-a/{kube.namespace}/doomed/{kube.search('doomed')['metadata']['uid']}"
    assert len(bucket.keys(root)) >= 2

    kube.delete("nassearch", "doomed", "--timeout=60s")
    wait_for(
        lambda: not kube.trials("doomed") and not kube.pods("doomed"), 60, "everything that the search owned is gone"
    )
    assert [j for j in kube.list("jobs") if j["metadata"]["labels"]["nas-operator.io/search"] == "doomed"] == []
    if policy == "Delete":
        assert bucket.keys(root) == []
    else:
        assert len(bucket.keys(root)) >= 2
    assert kube.status("kept")["trials"]["total"] >= 2
    kept = bucket.key_of(wait_for.counts("kept", succeeded=2)["storageRoot"])
    assert bucket.keys(kept), "the neighbour's objects are gone"
