"""What of a run goes to a cluster with it, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.nas_client.conftest import condition, raw_search, raw_trial

from nas_client.errors import InvalidInput
from nas_client.moving import check, result_of, status_of
from nas_client.search_state import SearchState
from nas_core.records.search import read_search
from nas_core.records.trial import TrialView

CHOSEN = {"field": "evaluation.batchSize", "value": "64", "reason": "few examples"}
PLAN = {"candidates": 4, "epochs": 16, "strategy": "random", "chosen": [CHOSEN]}


def run_of(status: dict[str, Any], **spec: Any) -> SearchState:
    return SearchState(read_search(raw_search(status, **spec)))


def test_what_was_chosen_goes_with_it() -> None:
    status = {
        "firstTrialTime": "2026-01-02T03:04:05Z",
        "plan": PLAN,
        "observedGeneration": 3,
        "cost": {"trialSeconds": 3},
        "conditions": [condition("DataReady", "True", "Prepared"), condition("Progressing", "True", "Running")],
    }
    known = status_of(run_of(status))
    assert known.keys() == {"firstTrialTime", "plan", "conditions"}
    assert known["plan"]["chosen"] == [CHOSEN]
    # That trials read prepared data, which the cluster has to prepare.
    assert [(one["type"], one["status"]) for one in known["conditions"]] == [("DataReady", "False")]


def test_no_result_says_where_a_file_is() -> None:
    here = "s3://this-machine/weights"
    each = {"outcome": "Succeeded", "metrics": {"val_accuracy": 0.5}, "checkpoint": here}
    trial = TrialView.of(raw_trial(0, sequence=1, checkpoint=here, bundle=here, candidates=[each]))
    moved = result_of(trial.status)
    assert "this-machine" not in moved.model_dump_json() and moved.candidates[0].metrics == {"val_accuracy": 0.5}


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"evaluation": {"epochs": 5}}, "results of another spec"),
        ({"budget": {"maxTrials": 40}, "retrain": {"epochs": 9}}, None),
    ],
)
def test_a_folder_has_the_results_of_one_spec(other: dict[str, Any], said: str | None) -> None:
    manifest = {"spec": raw_search({})["spec"] | other}
    if said is None:
        check(manifest, run_of({}))
        return
    with pytest.raises(InvalidInput, match=said):
        check(manifest, run_of({}))


def test_trials_that_go_on_from_weights_of_others_stay() -> None:
    rungs: dict[str, Any] = {"strategy": {"random": {}, "rungs": {"asha": {}}}}
    with pytest.raises(InvalidInput, match=r"spec\.strategy\.rungs"):
        check({"spec": raw_search({}, **rungs)["spec"]}, run_of({}, **rungs))


def test_candidates_that_share_weights_stay_with_them() -> None:
    shared: dict[str, Any] = {"evaluation": {"supernet": {}}}
    with pytest.raises(InvalidInput, match=r"spec\.evaluation\.supernet: .*shared weights"):
        check({"spec": raw_search({}, **shared)["spec"]}, run_of({}, **shared))
