"""Searches that train a supernet before they search, played out in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.support.factories import World, meta, resolved, search

from nas_backend.trial_input import trial_input
from nas_core.api.trial import Derived
from nas_core.contract import TrialResult
from nas_core.records.names import name_of
from nas_core.records.trial import TrialView
from nas_core.spaces.nas_bench_201 import NasBench201
from nas_plan.actions import Stored
from nas_plan.ask import trial_seed
from nas_plan.preview import preview
from nas_plan.replay import Record
from nas_plan.snapshot import Collected

SPACE = NasBench201()
WEIGHTS = "s3://nas/ns/s/uid-s/trials/s-supernet/checkpoints/e00050-s0000000-a001.safetensors"
GENOTYPES = [SPACE.sample(np.random.default_rng(seed)) for seed in range(4)]
IDS = [SPACE.canonical_id(genotype) for genotype in GENOTYPES]
ONE_BY_ONE = {"supernet": {}, "candidatesPerTrial": 1}


def world(**spec: Any) -> World:
    given = {
        "searchSpace": {"name": "nas-bench-201"},
        "storage": {"bucket": "nas", "secretRef": {"name": "s"}},
        "budget": {"maxTrials": 4, "parallelTrials": 2},
    }
    return World(search(**{**given, **spec}))


def train(w: World, job: str, *derived: dict[str, str], checkpoint: str | None = WEIGHTS) -> None:
    """Let a supernet's Job complete."""
    w.jobs[f"{job}-a1"] = replace(w.jobs[f"{job}-a1"], complete=True, end_time=w.now)
    w.run(f"{job}-a1", "Succeeded", finished=w.now, exit_code=0)
    found = [Derived(architecture=one, metrics={"probability": 0.5}) for one in derived]
    result = TrialResult(outcome="Succeeded", checkpoint=checkpoint, derived=found, dataset_hash="sha256:5eed")
    w.results[f"{job}-a1"] = Collected(result)


def searched(w: World) -> list[TrialView]:
    return [t for t in w.trials.values() if t.spec.work == "Train"]


OPERATIONS = ("nor_conv_3x3", "skip_connect")
NO_NONE = {"decisions": [{"name": "*", "forbid": ["none"]}]}


def test_a_supernet_keeps_the_guidance_of_its_trial_and_a_narrower_one_goes_on_with_it() -> None:
    w = world(evaluation=ONE_BY_ONE, guidance=NO_NONE)
    w.step()
    made = w.trials["s-supernet"]
    given = trial_input(w.search.meta, w.search.spec, made, 1)
    assert given.guidance == made.spec.guidance and given.guidance is not None
    assert [str(rule) for rule in given.guidance.decisions] == ["* forbid none"]
    narrower = {"decisions": [*NO_NONE["decisions"], {"name": "0-1", "require": ["skip_connect"]}]}
    w.respec(guidance=narrower)
    w.step()
    assert w.trials["s-supernet"] == made, "a later change trains nothing again"
    train(w, "s-supernet")
    w.step()
    assert w.search.status.supernet and w.search.status.supernet.guidance == made.spec.guidance
    for trial in searched(w):
        assert trial.spec.candidates[0].architecture["0-1"] == "skip_connect"
        assert trial_input(w.search.meta, w.search.spec, trial, 1).guidance is None


def test_gradients_keep_the_guidance_of_each_run_and_what_is_narrowed_later_is_not_trained() -> None:
    w = world(strategy={"darts": {"runs": 2}, "seed": 1}, guidance=NO_NONE)
    for _ in range(2):
        w.step()
    runs = [one for one in w.trials.values() if one.spec.work == "Supernet"]
    assert len(runs) == 2 and all(one.spec.guidance and one.spec.guidance.decisions for one in runs)
    one, other = (dict.fromkeys(("0-1", "0-2", "1-2", "0-3", "1-3", "2-3"), op) for op in OPERATIONS)
    w.respec(guidance={"decisions": [{"name": "*", "require": [OPERATIONS[0]]}]})
    train(w, runs[0].meta.name, one)
    train(w, runs[1].meta.name, other)
    w.step()
    end_all(w)
    assert [trial.spec.candidates[0].architecture for trial in searched(w)] == [one]
    assert w.condition("Succeeded") == ("True", "DerivedTrained")


def test_guidance_that_gradients_cannot_keep_is_told() -> None:
    only_one = {"decisions": [{"name": "normal.3.op0", "forbid": ["skip_connect"]}]}
    w = world(strategy={"darts": {}, "seed": 1}, searchSpace={"name": "nas-bench-301"}, guidance=only_one)
    w.step()
    assert not w.trials and w.condition("Accepted") == ("False", "GuidanceImpossible")
    assert w.condition_message("Accepted").startswith("spec.guidance.decisions: normal.3.op0 and normal.3.op1: ")


@pytest.mark.parametrize("wider", [None, {"decisions": [{"name": "0-1", "forbid": ["none"]}]}])
def test_what_a_supernet_was_not_trained_for_is_refused(wider: dict[str, Any] | None) -> None:
    w = world(evaluation=ONE_BY_ONE, guidance=NO_NONE)
    w.step()
    w.step()
    train(w, "s-supernet")
    w.step()
    before = len(searched(w))
    w.respec(guidance=wider)
    for job in w.active():
        w.succeed(job, 0.5)
    w.step()
    assert w.condition("Accepted") == ("False", "GuidanceImpossible") and len(searched(w)) == before
    assert "and the supernet was trained under * forbid none; add that to spec.guidance, or make a new search" in (
        w.condition_message("Accepted")
    )
    # Its trial may be deleted: what its networks keep is in the status.
    del w.trials["s-supernet"]
    w.step()
    assert w.condition("Accepted") == ("False", "GuidanceImpossible")
    w.respec(guidance=NO_NONE)
    w.step()
    assert w.condition("Accepted")[0] == "True" and len(searched(w)) > before


def end_all(w: World) -> None:
    for _ in range(20):
        for job in w.active():
            w.succeed(job, 0.5 + len(w.jobs) / 100)
        w.step()


def test_candidates_wait_for_the_shared_weights_and_get_their_address() -> None:
    w = world(evaluation=ONE_BY_ONE)
    w.step()
    assert list(w.trials) == ["s-supernet"] and w.trials["s-supernet"].spec.candidates == []
    assert w.trials["s-supernet"].spec.seed == trial_seed(1, 0)
    assert w.condition("Progressing") == ("True", "TrainingSupernet")
    assert w.search.status.first_trial_time is not None
    w.step()
    assert w.active() == ["s-supernet-a1"]
    train(w, "s-supernet")
    actions = w.step()
    assert actions.stored == Stored(None, WEIGHTS) and len(searched(w)) == 2
    shared = w.search.status.supernet
    assert shared and (shared.search, shared.trial, shared.address) == ("s", "s-supernet", WEIGHTS)
    assert (shared.training, shared.dataset_hash) == ("fair", "sha256:5eed")
    assert w.search.status.trials.total == 2
    end_all(w)
    assert w.condition("Succeeded") == ("True", "BudgetSpent") and w.search.status.progress == "4/4"


def test_what_its_trials_are_asked_for() -> None:
    w = world(evaluation=ONE_BY_ONE)
    w.step()
    given = trial_input(w.search.meta, w.search.spec, w.trials["s-supernet"], 1, Stored(None, None))
    assert (given.work, given.candidates, given.supernet, given.strategy) == ("Supernet", [], None, None)
    train(w, "s-supernet")
    w.step()
    given = trial_input(w.search.meta, w.search.spec, searched(w)[0], 1, Stored(None, WEIGHTS))
    assert (given.supernet, given.strategy) == (WEIGHTS, None)
    w = world(strategy={"darts": {"order": "second"}, "seed": 3})
    w.step()
    given = trial_input(w.search.meta, w.search.spec, w.trials["s-supernet"], 1)
    assert given.strategy and given.strategy.darts and given.strategy.darts.order == "second"


def test_what_gradients_derive_is_trained_the_best_of_each_run_first_and_then_the_search_is_over() -> None:
    w = world(strategy={"gdas": {"runs": 3}, "seed": 1}, budget={"maxTrials": 20, "parallelTrials": 3})
    w.step()
    assert list(w.trials) == ["s-supernet", "s-supernet-1", "s-supernet-2"]
    assert [t.spec.seed for t in w.trials.values()] == [trial_seed(1, run) for run in range(3)]
    assert w.condition_message("Progressing").startswith("architectures are derived in a supernet, 0 of 3 runs")
    train(w, "s-supernet", GENOTYPES[0], GENOTYPES[3])
    train(w, "s-supernet-1", GENOTYPES[1])
    w.step()
    assert not searched(w)
    train(w, "s-supernet-2", GENOTYPES[0])
    w.step()
    assert [t.spec.candidates[0].id for t in searched(w)] == [IDS[0], IDS[1], IDS[3]]
    assert {t.spec.candidates[0].origin for t in searched(w)} == {"Supernet"}
    assert w.search.status.supernet is None
    w.step()
    assert w.condition_message("Progressing") == "0 of 3 trials have ended"
    end_all(w)
    assert w.condition("Succeeded") == ("True", "DerivedTrained")
    assert w.condition_message("Succeeded").startswith("all 3 architectures that were derived have been trained")
    assert w.search.status.progress == "3/3" and len(w.search.status.best) == 1


def test_retraining_follows() -> None:
    w = world(strategy={"pcDarts": {}, "seed": 1}, retrain={"epochs": 9})
    w.step()
    train(w, "s-supernet", GENOTYPES[0])
    end_all(w)
    assert w.condition("Succeeded") == ("True", "DerivedTrained") and w.search.status.progress == "1/1"
    assert [entry.id for entry in w.search.status.retrained] == [IDS[0]]


def test_runs_that_fail_cost_only_what_they_would_have_derived() -> None:
    w = world(strategy={"drNas": {"runs": 2}, "seed": 1})
    w.step()
    w.fail("s-supernet-a1", 64, TrialResult(outcome="Failed", reason="OutOfMemory", message="too large"))
    train(w, "s-supernet-1", GENOTYPES[1])
    w.step()
    assert [t.spec.candidates[0].id for t in searched(w)] == [IDS[1]]


@pytest.mark.parametrize("spec", [{"strategy": {"darts": {"runs": 2}, "seed": 1}}, {"evaluation": {"supernet": {}}}])
def test_a_search_none_of_whose_supernets_can_be_used_says_so_and_goes_on_when_they_are_deleted(
    spec: dict[str, Any],
) -> None:
    w = world(**spec)
    w.step()
    names = list(w.trials)
    for name in names:
        w.fail(f"{name}-a1", 64, TrialResult(outcome="Failed", reason="OutOfMemory", message="too large"))
    w.step()
    assert w.condition("Failed") == ("True", "SupernetFailed")
    message = w.condition_message("Failed")
    assert "OutOfMemory: too large" in message and "delete the trials of work Supernet (s-supernet" in message
    assert not searched(w) and w.search.status.first_trial_time is None
    for name in names:
        del w.trials[name], w.jobs[f"{name}-a1"]
    actions = w.step()
    assert w.condition("Progressing") == ("True", "TrainingSupernet") and len(w.active()) == len(names)
    assert "Continued" in {event.reason for event in actions.events}


@pytest.mark.parametrize(
    ("derived", "words"),
    [
        ({"1<-0": "conv_9x9"}, "the derived architecture 1 is none of the search's space"),
        ({}, "the derived architecture 1 is none"),
    ],
)
def test_an_architecture_of_another_space_makes_the_supernet_a_failure(derived: dict[str, str], words: str) -> None:
    w = world(strategy={"darts": {}, "seed": 1})
    w.step()
    train(w, "s-supernet", GENOTYPES[0], derived)
    w.step()
    failed = next(c for c in w.trials["s-supernet"].status.conditions if c.type == "Failed")
    assert failed.status == "True" and failed.reason == "ResultInvalid" and words in failed.message
    assert w.trials["s-supernet"].status.derived == [] and not searched(w)
    assert w.condition("Failed") == ("True", "SupernetFailed")


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"strategy": {"darts": {}, "seed": 1}}, "was to derive an architecture, but reported none"),
        ({"evaluation": {"supernet": {}}}, "was to train shared weights, but reported no address of them"),
    ],
)
def test_a_result_without_what_it_was_for_is_a_failure(spec: dict[str, Any], words: str) -> None:
    w = world(**spec)
    w.step()
    train(w, "s-supernet", checkpoint=None)
    w.step()
    assert words in w.condition_message("Failed")


@pytest.mark.parametrize("writes", range(1, 9))
@pytest.mark.parametrize("ordered", [False, True])
def test_killed_between_any_two_writes_it_ends_the_same(writes: int, ordered: bool) -> None:
    def played(*cut: int | None) -> World:
        w = world(
            strategy={"gdas": {"runs": 2}, "seed": 1, "ordered": ordered}, budget={"maxTrials": 4, "parallelTrials": 1}
        )
        for name, genotypes in (("s-supernet", GENOTYPES[:2]), ("s-supernet-1", GENOTYPES[2:])):
            for write in (*cut, None, None):
                w.step(write)
            train(w, name, *genotypes)
        for write in (*cut, None, None):
            w.step(write)
        end_all(w)
        return w

    w, undisturbed = played(writes, writes), played()
    assert [t.spec for t in w.trials.values()] == [t.spec for t in undisturbed.trials.values()]
    assert [t.status.sequence for t in w.trials.values()] == [t.status.sequence for t in undisturbed.trials.values()]
    assert [t.spec.candidates[0].id for t in searched(w)] == [IDS[0], IDS[2], IDS[1], IDS[3]]


def test_what_was_derived_is_replayed() -> None:
    w = world(strategy={"gdas": {"runs": 2}, "seed": 1})
    w.step()
    train(w, "s-supernet", GENOTYPES[0], GENOTYPES[1])
    train(w, "s-supernet-1", GENOTYPES[2])
    end_all(w)
    record = Record.of(w.search, list(w.trials.values()))
    assert len(record.decisions) == 3
    assert list(record.ask_again(range(3))) == [None] * 3


def test_what_a_supernet_has_chosen_comes_before_the_strategy() -> None:
    w = world(evaluation=ONE_BY_ONE | {"supernet": {"training": "enas"}})
    w.step()
    train(w, "s-supernet", GENOTYPES[2])
    end_all(w)
    assert [t.spec.candidates[0].origin for t in searched(w)] == ["Supernet", "Random", "Random", "Random"]
    record = Record.of(w.search, list(w.trials.values()))
    assert list(record.ask_again(range(4))) == [None] * 4


def test_a_supernet_that_is_gone_is_not_trained_again_once_candidates_have_used_it() -> None:
    w = world(evaluation=ONE_BY_ONE)
    w.step()
    train(w, "s-supernet")
    w.step()
    del w.trials["s-supernet"], w.jobs["s-supernet-a1"]
    for job in w.active():
        w.succeed(job)
    actions = w.step()
    assert "s-supernet" not in w.trials and actions.stored.supernet == WEIGHTS
    assert len(searched(w)) == 4 and w.search.status.supernet


def test_one_that_is_gone_before_is_trained_again() -> None:
    w = world(evaluation=ONE_BY_ONE)
    w.step()
    train(w, "s-supernet")
    w.step(1)  # the record
    del w.trials["s-supernet"], w.jobs["s-supernet-a1"]
    w.step()
    assert w.active() == ["s-supernet-a1"] and not searched(w)


def test_scores_come_first_then_the_supernet() -> None:
    w = world(evaluation={"supernet": {}, "prefilter": {"candidates": 4, "keep": 2}})
    w.step()
    assert {t.spec.work for t in w.trials.values()} == {"Score"}


def test_a_suspended_search_stops_its_supernet_and_goes_on() -> None:
    w = world(evaluation=ONE_BY_ONE)
    w.step()
    w.respec(suspend=True)
    w.step()
    assert w.active() == [] and w.condition("Suspended")[0] == "True"
    w.respec(suspend=False)
    w.step()
    assert w.active() == ["s-supernet-a2"]


def test_the_plan_counts_what_gradients_derive_and_the_epochs_of_supernets() -> None:
    space: Any = {"searchSpace": {"name": "nas-bench-201"}}
    derived = preview(search(strategy={"darts": {"runs": 3, "epochs": 20}}, evaluation={"epochs": 7}, **space).spec)
    assert (derived.candidates, derived.epochs) == (3, 3 * 20 + 3 * 7)
    shared = search(evaluation={"supernet": {"epochs": 30}, "epochs": 7}, budget={"maxTrials": 100}, **space)
    plan = preview(shared.spec)
    assert (plan.candidates, plan.epochs) == (100, 30)


def test_candidates_with_shared_weights_are_packed_unless_the_spec_says_how_many() -> None:
    given: Any = {"searchSpace": {"name": "nas-bench-201"}, "budget": {"maxTrials": 100, "parallelTrials": 2}}
    assert resolved(search(evaluation={"supernet": {}}, **given)).spec.evaluation.candidates_per_trial == 16
    few = given | {"budget": {"maxTrials": 10, "parallelTrials": 2}}
    assert resolved(search(evaluation={"supernet": {}}, **few)).spec.evaluation.candidates_per_trial == 5
    own = {"supernet": {}, "candidatesPerTrial": 2}
    assert resolved(search(evaluation=own, **given)).spec.evaluation.candidates_per_trial == 2
    assert resolved(search(**given)).spec.evaluation.candidates_per_trial == 1


def test_other_data_than_the_shared_weights_were_trained_on_end_the_search() -> None:
    w = world(task={"type": "image-classification", "dataset": {"uri": "s3://nas/digits/"}}, evaluation=ONE_BY_ONE)
    w.step()
    w.succeed("s-prepare-a1")
    w.step()
    train(w, "s-supernet")
    found = w.results["s-supernet-a1"].result
    assert found is not None
    w.results["s-supernet-a1"] = Collected(found.model_copy(update={"dataset_hash": "sha256:0ld"}))
    w.step()
    assert w.condition("Failed") == ("True", "DatasetChanged")


def test_names_are_those_of_the_runs() -> None:
    w = world(strategy={"gdas": {"runs": 2}, "seed": 1})
    w.step()
    assert [name_of(meta("s").name, t.spec) for t in w.trials.values()] == list(w.trials)
