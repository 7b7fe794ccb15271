from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.support.bundles import CASES, attempt_of
from tests.support.factories import START, raw_search, raw_trial
from tests.support.models import BUNDLE, CONDITIONS, after, begun, export_job, model, source

import nas_model
from nas_backend.model_input import model_input
from nas_backend.trial_input import trial_input
from nas_core.contract import TrialInput
from nas_core.records.search import ReadableSearch, read_search
from nas_core.records.trial import TrialView
from nas_core.spaces import get_space
from nas_core.states import Work
from nas_plan.models.snapshot import ModelSnapshot, Source
from nas_plan.snapshot import Collected
from nas_storage.directory_store import DirectoryStore
from nas_trial.work.table import WORK


def test_an_export_reads_what_its_trial_read_and_the_model_that_is_asked_for() -> None:
    found = source(constraints=[{"metric": "parameters", "max": 9}])
    assert isinstance(found.search, ReadableSearch)
    given = model_input(begun(), found.search, found.trial)
    assert given.work is Work.EXPORT and given.identity.trial == "model-uid-digits" and given.constraints == []
    assert given.evaluation.epochs == 10
    request = given.model
    assert request is not None and request.prefix == "team/ns/models/digits/1-uid-digits/"
    assert request.source.bundle == BUNDLE and request.source.metrics["test_accuracy"] == 0.75
    assert request.lineage["searchUID"] == "uid-s"


def test_the_trainer_makes_what_the_operator_asks_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nas_trial.measuring.measure.hardware_metrics", lambda *_: ({"parameters": 7.0}, False))
    case, data, store = CASES["table"], tmp_path / "data", DirectoryStore(tmp_path / "bucket")
    data.mkdir()
    case.write(data)
    dataset = case.task.get("dataset", {})
    # The path is put in afterwards: it is for trainers of one's own, and here it saves a server.
    task = {**case.task, "dataset": {**dataset, "uri": "s3://nas/data/"}}
    spec: dict[str, Any] = {
        "task": task,
        "searchSpace": case.space,
        "storage": {"bucket": "nas"},
        "evaluation": {"batchSize": 16},
    }
    search = read_search(raw_search(**spec))
    assert isinstance(search, ReadableSearch), search.error
    here = search.spec.task.model_copy(
        update={"dataset": search.spec.task.dataset.model_copy(update={"uri": None, "path": str(data)})}
    )
    search = replace(search, spec=search.spec.model_copy(update={"task": here}))
    raw = raw_trial(0, {"sequence": 1, "conditions": CONDITIONS})
    raw["spec"] |= {"work": "Retrain", "epochs": 2}
    raw["spec"]["candidates"][0]["architecture"] = get_space(search.spec.search_space).sample(np.random.default_rng(3))
    trial = TrialView.of(raw)
    trained = WORK[Work.RETRAIN](attempt_of(trial_input(search.meta, search.spec, trial, 1), store))
    status = trial.status.model_copy(update={"bundle": trained.bundle, "metrics": trained.metrics})
    trial = replace(trial, status=status)

    wanted = model(exports=["onnx"])
    wanted = after(wanted, ModelSnapshot(START, wanted, Source(search, trial)))
    # As the pod reads it.
    given = TrialInput.model_validate_json(model_input(wanted, search, trial).model_dump_json(by_alias=True))
    result = WORK[Work.EXPORT](attempt_of(given, store))
    made = after(wanted, ModelSnapshot(START, wanted, job=export_job(wanted), collected=Collected(result)))
    assert {"bundle.json", "weights.safetensors", "exports/model.onnx"} < {file.path for file in made.status.artifacts}
    assert made.status.address is not None
    folder = store.directory / made.status.address.removeprefix("s3://nas/")
    assert nas_model.load(folder).metrics["test_accuracy"] == made.status.metrics["test_accuracy"]
