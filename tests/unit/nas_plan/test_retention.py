from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.support.factories import World, meta, search

from nas_core.api.trial import KnownResult


def world(policy: str, **spec: Any) -> World:
    given: dict[str, Any] = {
        "storage": {"bucket": "nas", "checkpointPolicy": policy},
        "budget": {"maxTrials": 3, "parallelTrials": 3},
    }
    return World(search(**given | spec))


def succeed(w: World, **values: float) -> None:
    """Let trials end, each with weights, and have that recorded."""
    for job, value in values.items():
        name = job.replace("_", "-")
        w.succeed(name, value)
        trial = w.jobs[name].trial
        result = w.results[name].result
        assert result is not None
        address = f"s3://nas/ns/s/uid-s/trials/{trial}/checkpoints/e00001.safetensors"
        w.results[name] = replace(w.results[name], result=result.model_copy(update={"checkpoint": address}))
    w.step()


def ended(policy: str, **spec: Any) -> World:
    w = world(policy, **spec)
    w.step()
    succeed(w, s_00000_a1=0.3, s_00001_a1=0.9, s_00002_a1=0.5)
    return w


def kept(w: World) -> dict[str, tuple[str | None, bool]]:
    """Return of each trial what its record says of its checkpoints, and whether it names one."""
    return {n: (t.status.checkpoints, t.status.checkpoint is not None) for n, t in sorted(w.trials.items())}


def look(w: World, **seen: Any) -> None:
    w.extra |= seen
    for record in w.step().observations:
        name = record.trial.meta.name
        w.trials[name] = replace(w.trials[name], status=record.status)


ALL = {f"s-0000{i}" for i in range(3)}


def test_by_default_nothing_is_let_go() -> None:
    w = ended("All")
    look(w)
    assert kept(w) == dict.fromkeys(sorted(ALL), (None, True))


def test_latest_keeps_of_each_the_one_on_record() -> None:
    w = ended("Latest")
    look(w)
    assert kept(w) == dict.fromkeys(sorted(ALL), ("DeletingOlder", True))
    look(w, dropped=frozenset(ALL))
    assert kept(w) == dict.fromkeys(sorted(ALL), ("Newest", True))
    w.extra.clear()
    look(w)
    assert kept(w) == dict.fromkeys(sorted(ALL), ("Newest", True)), "once is enough"


def test_one_that_names_no_weights_keeps_what_it_has_stored() -> None:
    w = world("Latest")
    w.step()
    w.succeed("s-00000-a1")
    w.step()
    look(w)
    assert kept(w)["s-00000"] == (None, False)


def test_best_keeps_what_the_status_shows_and_forgets_the_rest_before_it_is_deleted() -> None:
    w = ended("Best")
    look(w)
    assert kept(w) == {
        "s-00000": ("DeletingAll", False), "s-00001": ("DeletingOlder", True), "s-00002": ("DeletingAll", False)
    }  # fmt: skip
    assert w.search.status.best[0].checkpoint
    look(w, dropped=frozenset({"s-00000", "s-00001"}))
    assert kept(w) == {
        "s-00000": ("None", False), "s-00001": ("Newest", True), "s-00002": ("DeletingAll", False)
    }  # fmt: skip


def test_one_that_is_no_longer_the_best_is_let_go_then() -> None:
    w = world("Best", budget={"maxTrials": 2, "parallelTrials": 1})
    w.step()
    succeed(w, s_00000_a1=0.3)
    look(w)
    look(w, dropped=frozenset({"s-00000"}))
    assert kept(w)["s-00000"] == ("Newest", True)
    w.extra.clear()
    succeed(w, s_00001_a1=0.9)
    look(w)
    assert kept(w) == {"s-00000": ("DeletingAll", False), "s-00001": ("DeletingOlder", True)}


def test_none_keeps_no_ended_trials_but_one_that_a_model_is_made_of_waits() -> None:
    w = ended("None")
    look(w, exported=frozenset({"s-00001"}))
    assert kept(w)["s-00001"] == (None, True)
    assert {kept(w)[name] for name in ALL - {"s-00001"}} == {("DeletingAll", False)}
    look(w, exported=frozenset())
    assert kept(w)["s-00001"] == ("DeletingAll", False)


@pytest.mark.parametrize("policy", ["None", "Latest", "Best"])
def test_what_may_run_again_or_still_writes_keeps_all(policy: str) -> None:
    w = world(policy)
    w.step()
    succeed(w, s_00000_a1=0.3)
    w.fail("s-00001-a1", 1)
    w.run("s-00002-a1")
    look(w, leftovers=frozenset({"s-00000"}))
    assert {record for record, _ in kept(w).values()} == {None}


def test_weights_of_trainings_again_are_those_of_models() -> None:
    w = ended("None", retrain={"top": 1, "epochs": 9})
    again = next(name for name in w.trials if "-r9-" in name)
    w.succeed(f"{again}-a1", 0.8)
    look(w)
    look(w)
    assert kept(w)[again][0] is None and w.condition("Succeeded")[0] == "True"


def test_a_search_that_has_ended_is_looked_at_until_all_is_deleted() -> None:
    w = ended("None")
    assert w.condition("Succeeded")[0] == "True"
    look(w)
    assert w.step().requeue_after is not None
    look(w, dropped=frozenset(ALL))
    w.extra.clear()
    assert w.step().requeue_after is None


def test_a_search_lets_go_some_at_a_time() -> None:
    w = world("None", budget={"maxTrials": 40, "parallelTrials": 40})
    w.step()
    succeed(w, **{f"s_{i:05d}_a1": 0.5 for i in range(40)})
    look(w)
    assert sum(record == "DeletingAll" for record, _ in kept(w).values()) == 32
    look(w)
    assert sum(record == "DeletingAll" for record, _ in kept(w).values()) == 40


def test_with_rungs_the_highest_of_each_candidate_stays_and_what_its_best_lies_on() -> None:
    rungs = {"random": {}, "seed": 1, "rungs": {"minEpochs": 1, "reductionFactor": 2}}
    w = world("None", strategy=rungs, evaluation={"epochs": 4}, budget={"maxTrials": 2, "parallelTrials": 2})
    w.step()
    succeed(w, s_00000_a1=0.3, s_00001_a1=0.9)
    look(w)
    assert {record for record, _ in kept(w).values()} == {None}, "either may be trained further"
    child = next(name for name, trial in w.trials.items() if trial.spec.continues == "s-00001")
    succeed(w, **{f"{child}-a1".replace("-", "_"): 0.95})
    look(w)
    assert kept(w)["s-00001"] == ("DeletingAll", False) and kept(w)[child][0] is None
    assert kept(w)["s-00000"][0] is None

    w.trials["s-00001"] = replace(w.trials["s-00001"], meta=meta("s-00001", "uid-s"))
    trial = w.trials[child]
    address = "s3://nas/ns/s/uid-s/trials/s-00001/checkpoints/e00001.safetensors"
    status = w.trials["s-00001"].status.model_copy(update={"checkpoints": None, "checkpoint": address})
    w.trials["s-00001"] = replace(w.trials["s-00001"], status=status)
    w.trials[child] = replace(trial, status=trial.status.model_copy(update={"checkpoint": address}))
    look(w)
    assert kept(w)["s-00001"] == (None, True), "the best of the higher rung lies here"


def test_a_trial_whose_result_was_known_has_none() -> None:
    w = ended("None")
    trial = w.trials["s-00000"]
    w.trials["s-00000"] = replace(trial, spec=trial.spec.model_copy(update={"known": [KnownResult(metrics={})]}))
    look(w)
    assert kept(w)["s-00000"][0] is None
