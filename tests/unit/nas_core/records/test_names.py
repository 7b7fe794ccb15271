from __future__ import annotations

import pytest

from nas_core.api.trial import CandidateSpec, NASTrialSpec
from nas_core.records.names import asked_hash, job_name, name_of, trial_name


@pytest.mark.parametrize(
    ("index", "name"), [(0, "s-00000"), (12345, "s-12345"), (99_999, "s-99999"), (100_000, "s-100000")]
)
def test_trials_are_named_by_index(index: int, name: str) -> None:
    assert trial_name("s", index) == name


def test_a_higher_rung_is_named_by_the_candidate_and_its_epochs() -> None:
    candidate = CandidateSpec(id="a" * 64, architecture={}, origin="Random")
    lowest = NASTrialSpec(index=7, basis=0, epochs=1, candidates=[candidate], seed=0)
    assert name_of("s", lowest) == "s-00007"
    assert name_of("s", lowest.model_copy(update={"epochs": 3, "continues": "s-00007"})) == "s-00007-e3"


def test_the_one_that_prepares_has_the_name_of_its_work_and_the_longest_fits() -> None:
    preparing = NASTrialSpec(index=0, basis=0, work="Prepare", seed=0)
    assert name_of("s", preparing) == "s-prepare"
    assert len(job_name(name_of("s" * 40, preparing), 999) + "-abcde") <= 63


def test_supernets_are_named_by_their_run() -> None:
    shared = NASTrialSpec(index=0, basis=0, work="Supernet", seed=0)
    assert name_of("s", shared) == "s-supernet"
    last = shared.model_copy(update={"index": 15})
    assert name_of("s", last) == "s-supernet-15"
    assert len(job_name(name_of("s" * 40, last), 999)) <= 63


def test_jobs_are_named_by_attempt() -> None:
    assert job_name("s-00007", 3) == "s-00007-a3"


def test_weights_and_targets_are_no_part_of_what_results_depend_on() -> None:
    plain = asked_hash({"objectives": [{"metric": "accuracy"}]})
    assert asked_hash({"objectives": [{"metric": "accuracy", "weight": "2", "target": 1}]}) == plain
    assert asked_hash({"objectives": [{"metric": "accuracy", "goal": "minimize"}]}) != plain
    assert asked_hash({"objectives": "accuracy"}) != plain, "what is no list is for others to refuse"
