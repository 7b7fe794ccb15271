"""Runs as MLflow's REST API writes them. `tests/integration/test_import.py` reads those of MLflow itself."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.support.tracked import begun, done

from nas_client.errors import InvalidInput
from nas_client.importing.mlflow_runs import read_export
from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces import get_space
from nas_core.spaces.ready_made import READY_MADE
from nas_core.tracking_names import ARCHITECTURE
from nas_plan.tracking.candidates import candidate_run
from nas_plan.tracking.run import clean_name
from nas_plan.tracking.search import search_run

Json = dict[str, Any]


def pairs(values: Json) -> list[Json]:
    return [{"key": key, "value": value} for key, value in values.items()]


def run(name: str, status: str = "FINISHED", start: int = 0, stage: str = "active", **data: Json) -> Json:
    info = {"run_id": name, "experiment_id": "7", "status": status, "lifecycle_stage": stage, "start_time": start}
    return {"info": info, "data": {kind: pairs(values) for kind, values in data.items()}}


def answer(*runs: Json, **more: Any) -> str:
    return json.dumps({"runs": list(runs)} | more)


def test_runs_are_read_in_the_order_in_which_they_began() -> None:
    found = read_export(
        answer(
            run("b", start=2000, params={"lr": "0.1"}, metrics={"acc": 0.5, "loss": "NaN"}),
            run("a", start=1000, params={"lr": "0.2", "units": "32"}, metrics={"acc": 0.25}),
            run("c", "FAILED", start=3000),
            run("d", start=4000, stage="deleted"),
        ),
        None,
        "runs.json",
    )
    assert (found.tool, found.name) == ("mlflow", "experiment 7")
    assert [one.values for one in found.trials] == [{"lr": "0.2", "units": "32"}, {"lr": "0.1"}, {}]
    assert [one.metrics for one in found.trials] == [{"acc": 0.25}, {"acc": 0.5}, {}]
    assert [one.complete for one in found.trials] == [True, True, False]
    assert found.goals == {"acc": None}
    assert found.created.timestamp() == 1 and found.ended.timestamp() == 3


def test_what_tracking_has_written_comes_back_as_the_candidates() -> None:
    made = {"id": "i", "origin": "Random", "architecture": {"edge.0": "conv_3x3"}, "hyperparameters": {"lr": "0.1"}}
    trials = [done(3, 0.5, {"candidates": [made]}), done(4, 0.6, {"candidates": [made], "work": "Retrain"})]
    search = begun(ended=True)
    runs = [search_run(search), *(candidate_run(search, "k", one, 0) for one in trials)]
    written = [
        run(
            str(place),
            status=one.status,
            start=place,
            params=dict(one.params),
            tags=dict(one.tags),
            metrics={point.metric: point.value for point in one.points},
        )
        for place, one in enumerate(runs)
    ]
    found = read_export(answer(*written), "mine", "a")
    assert found.name == "mine" and found.notes == ("1 runs are of whole searches, and not of their candidates",)
    first, again = found.trials
    assert (first.index, first.complete, first.metrics["val_accuracy"]) == (3, True, 0.5)
    assert {"edge.0": "conv_3x3", "hp.lr": "0.1"}.items() <= first.values.items()
    assert not again.complete and again.state == "FINISHED, Retrain"


def test_a_parameter_of_somebody_elses_run_keeps_its_name() -> None:
    found = read_export(answer(run("a", params={"architecture.depth": "2"})), None, "a")
    assert found.trials[0].values == {"architecture.depth": "2"}


@pytest.mark.parametrize("name", READY_MADE)
def test_tracking_changes_no_name_of_a_decision(name: str) -> None:
    parts = {"modalities": ["image", "text"]} if name == "multi-modal" else {}
    for decision in get_space(SearchSpaceSpec.model_validate({"name": name} | parts)).decisions:
        assert clean_name(ARCHITECTURE + decision.name) == ARCHITECTURE + decision.name


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[]", "has no runs as MLflow's REST API writes them"),
        (
            '{"runs": [{"info": {"run_id": "r", "experiment_id": "7", "status": "FINISHED", "start_time": 1e999}}]}',
            "has no runs as MLflow's REST API writes them",
        ),
        ("5", "has no runs"),
        ('{"runs": 5}', "has no runs"),
        ('{"runs": [5]}', "has no runs"),
        ('{"runs": [{"info": {}}]}', "has no runs"),
        (answer(run("a") | {"data": {"params": [{"value": 1}]}}), "has no runs"),
        (answer(run("a"), next_page_token="x"), "only the first of several pages"),
        (answer(), "has runs of 0 experiments"),
        (answer(run("a"), {"info": run("b")["info"] | {"experiment_id": "8"}}), "has runs of 2 experiments"),
        (answer({"info": run("b")["info"] | {"start_time": "x"}}), "has no runs"),
        ("[" * 100_000, "nested too deep"),
    ],
)
def test_what_is_no_answer_of_mlflow_is_refused(text: str, why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        read_export(text, None, "runs.json")


def test_times_out_of_range_are_none() -> None:
    assert read_export(answer(run("a", start=10**30)), None, "a").created.year == 1970
